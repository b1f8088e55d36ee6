import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { type DbOrTx, db } from "@/lib/db/client";
import { connectAttempts } from "@/lib/db/schema";
import { inForce, PROVIDER } from "./attempt";
import { stateHash } from "./pkce";
import { parseSignInOutcome, type SignInOutcome } from "./sign-in-outcome";

const t = connectAttempts;
const purpose = "sign_in";

/** An attempt to sign in: nobody's, until it has begun a session. */
export type SignInAttempt = {
  id: string;
  returnTo: string;
  isExpired: boolean;
  isConsumed: boolean;
  outcome: SignInOutcome | undefined;
  /** The session that it began. */
  sessionId: string | null;
};

/** Stores an attempt and clears away those that led nowhere: they have no account that would do it. */
export async function createSignInAttempt(attempt: { id: string; state: string; returnTo: string }): Promise<void> {
  const { id, state, returnTo } = attempt;
  const database = await db();
  const ledNowhere = and(eq(t.purpose, purpose), isNull(t.userId), lt(t.expiresAt, sql`now() - interval '1 day'`));
  await database.delete(t).where(ledNowhere);
  const row = { id, purpose, provider: PROVIDER, mode: "redirect", returnTo } as const;
  await database.insert(t).values({ ...row, stateHash: stateHash(state), expiresAt: inForce });
}

/** The attempt of a state. Which browser started it, only the cookie with its verifier tells. */
export async function findSignInAttempt(state: string): Promise<SignInAttempt | undefined> {
  const [row] = await (await db())
    .select({
      id: t.id,
      returnTo: t.returnTo,
      isExpired: sql<boolean>`${t.expiresAt} <= now()`,
      isConsumed: sql<boolean>`${t.consumedAt} is not null`,
      outcome: t.outcome,
      sessionId: t.sessionId,
    })
    .from(t)
    .where(and(eq(t.stateHash, stateHash(state)), eq(t.purpose, purpose), eq(t.provider, PROVIDER)));
  return row && { ...row, outcome: parseSignInOutcome(row.outcome) };
}

/** @returns true for exactly one caller, however many ask at once. */
export async function consumeSignInAttempt(id: string): Promise<boolean> {
  const consumed = await (await db())
    .update(t)
    .set({ consumedAt: sql`now()` })
    .where(and(eq(t.id, id), eq(t.purpose, purpose), isNull(t.consumedAt), gt(t.expiresAt, sql`now()`)))
    .returning({ id: t.id });
  return consumed.length > 0;
}

/**
 * Writes the outcome down once. An attempt that signed somebody in becomes that session's, which may see the outcome
 * again and ends the attempt when it ends.
 */
export async function finishSignInAttempt(
  tx: DbOrTx,
  id: string,
  outcome: SignInOutcome,
  session?: { userId: string; sessionId: string },
): Promise<boolean> {
  const finished = await tx
    .update(t)
    .set({ outcome, userId: session?.userId, sessionId: session?.sessionId })
    .where(and(eq(t.id, id), eq(t.purpose, purpose), isNull(t.outcome)))
    .returning({ id: t.id });
  return finished.length > 0;
}
