import { and, eq, gt, sql } from "drizzle-orm";
import type { Tx } from "@/lib/db/client";
import { sessions } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { CurrentUser } from "./session";

/**
 * For what is asked with one session and done seconds later, after a provider has answered: looks, in the transaction of
 * the change, whether that session still lives. Somebody may have locked the account meanwhile because of this very one.
 *
 * @returns a step of that transaction, which throws AppError `unauthenticated` when the session has ended
 */
export const stillSignedIn =
  ({ id, sessionId }: CurrentUser) =>
  async (tx: Tx): Promise<void> => {
    const [session] = await tx
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.id, sessionId), eq(sessions.userId, id), gt(sessions.expiresAt, sql`now()`)));
    if (session) return;
    throw new AppError("unauthenticated", "Your session ended before this was done, so nothing was stored.");
  };
