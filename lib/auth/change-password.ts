import { eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";
import type { Alongside } from "./account-log";
import { confirmPassword } from "./confirm-password";
import { hashPassword } from "./password";
import { renewSessions } from "./session";
import type { SessionToken } from "./session-token";

type Change = {
  userId: string;
  currentPassword: string;
  newPassword: string;
  address: string;
  userAgent: string | null;
};

/**
 * Gives an account another password and ends every session but the caller's, which goes on under a new cookie: whoever
 * knew the old password is out.
 *
 * @throws AppError `invalid_credentials` when the current one is wrong, or there is none
 */
export async function changePassword(
  { userId, currentPassword, newPassword, address, userAgent }: Change,
  alongside: Alongside,
): Promise<SessionToken> {
  await confirmPassword(userId, currentPassword);
  const passwordHash = await hashPassword(newPassword);
  return (await db()).transaction(async (tx) => {
    await tx.update(users).set({ passwordHash, updatedAt: sql`now()` }).where(eq(users.id, userId));
    const { session } = await renewSessions(tx, { userId, address, userAgent });
    await alongside(tx, userId);
    return session;
  });
}
