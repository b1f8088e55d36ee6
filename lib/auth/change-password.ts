import { eq, sql } from "drizzle-orm";
import { db, type Tx } from "@/lib/db/client";
import { users } from "@/lib/db/schema";
import { confirmPassword } from "./confirm-password";
import { hashPassword } from "./password";
import { type Ended, renewSessions } from "./session";
import type { SessionToken } from "./session-token";

type Change = {
  userId: string;
  currentPassword: string;
  newPassword: string;
  address: string;
  userAgent: string | null;
  isBrowser: boolean;
};

/**
 * Gives an account another password and ends every session and token but a browser's that asked, which goes on under a
 * new cookie: whoever knew the old password is out, also by tokens that they made with it.
 *
 * @throws AppError `invalid_credentials` when the current one is wrong, or there is none
 */
export async function changePassword(
  { userId, currentPassword, newPassword, ...origin }: Change,
  alongside: (tx: Tx, ended: Ended) => Promise<void>,
): Promise<SessionToken | undefined> {
  await confirmPassword(userId, currentPassword);
  const passwordHash = await hashPassword(newPassword);
  return (await db()).transaction(async (tx) => {
    await tx.update(users).set({ passwordHash, updatedAt: sql`now()` }).where(eq(users.id, userId));
    const { session, ended } = await renewSessions(tx, { userId, ...origin });
    await alongside(tx, ended);
    return session;
  });
}
