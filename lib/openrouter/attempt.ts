import { and, desc, eq, gt, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { type DbOrTx, db } from "@/lib/db/client";
import { connectAttempts } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type ConnectOutcome, parseOutcome } from "./outcome";
import { stateHash } from "./pkce";

/** OpenRouter's codes live as long (openrouter-wire.md, 1.2). */
export const ATTEMPT_SECONDS = 600;
/** Live attempts a user may have at once. */
export const MAX_LIVE_ATTEMPTS = 5;

export const PROVIDER = "openrouter";
/** Any fixed number: keeps these locks apart from other advisory locks. */
const LOCK_SPACE = 7_240_273;
const t = connectAttempts;

/** Who may finish an attempt: the session that started it, and no other. */
export type AttemptHolder = { userId: string; sessionId: string };
export type AttemptOwner = { id: string; userId: string };

export type Attempt = AttemptOwner & {
  mode: "redirect" | "popup";
  returnTo: string;
  isExpired: boolean;
  isConsumed: boolean;
  outcome: ConnectOutcome | undefined;
};

export const inForce = sql`now() + make_interval(secs => ${ATTEMPT_SECONDS})`;

export type NewAttempt = AttemptHolder & {
  id: string;
  state: string;
  mode: "redirect" | "popup";
  returnTo: string;
};

/**
 * Stores an attempt and takes the oldest live ones out when there are more than five, along with what has expired.
 *
 * @returns the ids that are still live: cookies of all others can go.
 */
export async function createAttempt(attempt: NewAttempt): Promise<string[]> {
  const { id, userId, sessionId, state, mode, returnTo } = attempt;
  return await (await db()).transaction(async (tx) => {
    // One start of a user at a time, or each would overlook the other's row when counting.
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${userId}))`);
    const row = { id, userId, sessionId, provider: PROVIDER, mode, returnTo };
    const made = await tx
      .insert(t)
      .values({ ...row, stateHash: stateHash(state), expiresAt: inForce })
      .onConflictDoNothing({ target: t.id })
      .returning({ id: t.id });
    if (made.length === 0) throw new AppError("conflict", "This attempt was started already. Start a new one.");
    const live = await tx
      .select({ id: t.id })
      .from(t)
      .where(and(eq(t.userId, userId), isNull(t.consumedAt), gt(t.expiresAt, sql`now()`)))
      .orderBy(desc(t.createdAt));
    const others = live.map((row) => row.id).filter((other) => other !== id);
    const surplus = others.slice(MAX_LIVE_ATTEMPTS - 1);
    const stale = lt(t.expiresAt, sql`now() - interval '1 day'`);
    await tx.delete(t).where(and(eq(t.userId, userId), surplus.length > 0 ? or(stale, inArray(t.id, surplus)) : stale));
    return [id, ...others.slice(0, MAX_LIVE_ATTEMPTS - 1)];
  });
}

/** The attempt of a state, for the session that started it only. */
export async function findAttempt(state: string, { userId, sessionId }: AttemptHolder): Promise<Attempt | undefined> {
  const [row] = await (await db())
    .select({
      id: t.id,
      userId: sql<string>`${t.userId}`,
      mode: t.mode,
      returnTo: t.returnTo,
      isExpired: sql<boolean>`${t.expiresAt} <= now()`,
      isConsumed: sql<boolean>`${t.consumedAt} is not null`,
      outcome: t.outcome,
    })
    .from(t)
    .where(
      and(
        eq(t.stateHash, stateHash(state)),
        eq(t.userId, userId),
        eq(t.sessionId, sessionId),
        eq(t.provider, PROVIDER),
      ),
    );
  return row && { ...row, outcome: parseOutcome(row.outcome) };
}

/** @returns true for exactly one caller, however many ask at once. */
export async function consumeAttempt({ id, userId }: AttemptOwner, { sessionId }: AttemptHolder): Promise<boolean> {
  const consumed = await (await db())
    .update(t)
    .set({ consumedAt: sql`now()` })
    .where(
      and(
        eq(t.id, id),
        eq(t.userId, userId),
        eq(t.sessionId, sessionId),
        isNull(t.consumedAt),
        gt(t.expiresAt, sql`now()`),
      ),
    )
    .returning({ id: t.id });
  return consumed.length > 0;
}

/** @returns false when the attempt is gone, because its session or account has ended. */
export async function finishAttempt(
  tx: DbOrTx,
  { id, userId }: AttemptOwner,
  outcome: ConnectOutcome,
): Promise<boolean> {
  const finished = await tx
    .update(t)
    .set({ outcome })
    .where(and(eq(t.id, id), eq(t.userId, userId), isNull(t.outcome)))
    .returning({ id: t.id });
  return finished.length > 0;
}
