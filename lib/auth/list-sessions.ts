import { and, desc, eq, gt, ne, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { sessions, users } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { Alongside } from "./account-log";

export type ListedSession = {
  id: string;
  userAgent: string | null;
  address: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  /** The one that asks. */
  isCurrent: boolean;
};
type Caller = { userId: string; sessionId: string };

const isLive = gt(sessions.expiresAt, sql`now()`);

/** Every browser that is signed in to the account, the one that asks first, then by when they were last seen. */
export async function listSessions({ userId, sessionId }: Caller): Promise<ListedSession[]> {
  const isCurrent = sql<boolean>`${sessions.id} = ${sessionId}`;
  return await (await db())
    .select({
      id: sessions.id,
      userAgent: sessions.userAgent,
      address: sessions.address,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
      isCurrent,
    })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isLive))
    .orderBy(desc(isCurrent), desc(sessions.lastSeenAt));
}

/**
 * Signs another browser out, from its next request on.
 *
 * @param alongside runs in the same transaction
 * @throws AppError `not_found` when it is gone or somebody else's; `conflict` for the one that asks
 */
export async function endOtherSession({ userId, sessionId }: Caller, id: string, alongside: Alongside): Promise<void> {
  if (id === sessionId) {
    throw new AppError("conflict", "This is the browser that you are using. Sign out to end its session.");
  }
  await (await db()).transaction(async (tx) => {
    const ended = await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), eq(sessions.id, id)))
      .returning({ id: sessions.id });
    if (ended.length === 0) throw new AppError("not_found", "There is no such session. It may have ended already.");
    await alongside(tx, userId);
  });
}

/** Signs all other browsers out. @returns how many there were */
export async function endOtherSessions(
  { userId, sessionId }: Caller,
  alongside: (...event: [...Parameters<Alongside>, ended: number]) => Promise<void>,
): Promise<number> {
  return await (await db()).transaction(async (tx) => {
    // A session that is just beginning holds its account's row, and is seen here once it has begun.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
    const ended = await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), ne(sessions.id, sessionId)))
      .returning({ id: sessions.id });
    if (ended.length > 0) await alongside(tx, userId, ended.length);
    return ended.length;
  });
}
