import { eq } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { verifyPassword } from "./password";

/** False for accounts that sign in through GitHub, Google or OpenRouter only. */
export async function hasPassword(userId: string): Promise<boolean> {
  return (await hashOf(userId)) !== null;
}

/**
 * Whether it is really its owner who sits before a browser that is signed in.
 *
 * @param password what was typed; undefined where the account has none.
 * @throws AppError `invalid_credentials`
 */
export async function confirmPassword(userId: string, password: string | undefined): Promise<void> {
  const stored = await hashOf(userId);
  if (stored === null && password === undefined) return;
  if (password !== undefined && (await verifyPassword(password, stored))) return;
  throw new AppError("invalid_credentials", "This is not the password of this account. Nothing was changed.");
}

async function hashOf(userId: string): Promise<string | null> {
  const [user] = await (await db()).select({ hash: users.passwordHash }).from(users).where(eq(users.id, userId));
  return user?.hash ?? null;
}
