import { and, eq, gt, sql } from "drizzle-orm";
import type { Tx } from "@/lib/db/client";
import { personalTokens, sessions, tokenFamilies } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { Caller } from "./caller";
import { isLivePersonal } from "./personal-token";

/**
 * For what is asked with one session or token and done seconds later, after a provider has answered: looks, in the
 * transaction of the change, whether that one still lives. Somebody may have locked the account meanwhile because of it.
 *
 * @returns a step of that transaction, which throws AppError `unauthenticated` when the session or token has ended
 */
export const stillSignedIn =
  (caller: Caller) =>
  async (tx: Tx): Promise<void> => {
    if (await isAlive(tx, caller)) return;
    throw new AppError("unauthenticated", "Your session ended before this was done, so nothing was stored.");
  };

async function isAlive(tx: Tx, caller: Caller): Promise<boolean> {
  if (caller.via === "session") {
    const isIt = and(eq(sessions.id, caller.sessionId), eq(sessions.userId, caller.id));
    const rows = await tx
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(isIt, gt(sessions.expiresAt, sql`now()`)));
    return rows.length > 0;
  }
  if (caller.via === "access") {
    const isIt = and(eq(tokenFamilies.id, caller.familyId), eq(tokenFamilies.userId, caller.id));
    const rows = await tx
      .select({ id: tokenFamilies.id })
      .from(tokenFamilies)
      .where(and(isIt, gt(tokenFamilies.expiresAt, sql`now()`)));
    return rows.length > 0;
  }
  const isIt = and(eq(personalTokens.id, caller.tokenId), eq(personalTokens.userId, caller.id));
  const rows = await tx.select({ id: personalTokens.id }).from(personalTokens).where(and(isIt, isLivePersonal));
  return rows.length > 0;
}
