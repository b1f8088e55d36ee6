import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";
import { emailSchema } from "./email";
import { passwordSchema, verifyPassword } from "./password";

export type LoginLimits = {
  /** Counts an attempt; throws AppError `rate_limited`. */
  consume: (policy: "login_account" | "login_address", subject: string) => Promise<void>;
  /** Called after a right password. */
  forgive: (policy: "login_account", subject: string) => Promise<void>;
};

export type LoginHooks = LoginLimits & {
  /** Told of a wrong password for an account that exists. Must return at once, or the answer's time would tell. */
  onWrongPassword: (userId: string) => void;
};

const credentials = z.object({ email: emailSchema, password: passwordSchema });

/**
 * Checks an e-mail address and a password. An unknown address, an account without a password and a wrong password
 * answer alike and take as long (security.md, S47).
 *
 * @param network whom the attempts are counted by, besides the account
 * @returns undefined when they are wrong
 * @throws AppError `rate_limited`
 */
export async function checkCredentials(
  input: unknown,
  network: string,
  { consume, forgive, onWrongPassword }: LoginHooks,
  verify: typeof verifyPassword = verifyPassword,
): Promise<{ id: string; sessionVersion: number } | undefined> {
  const parsed = credentials.safeParse(input);
  await consume("login_address", network);
  if (!parsed.success) return undefined; // no account can have these
  const { email, password } = parsed.data;
  await consume("login_account", email);
  const [user] = await (await db())
    .select({ id: users.id, sessionVersion: users.sessionVersion, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(sql`lower(${users.email})`, email));
  const isRight = await verify(password, user?.passwordHash);
  if (user && !isRight) onWrongPassword(user.id);
  if (!isRight || !user) return undefined;
  await forgive("login_account", email);
  return { id: user.id, sessionVersion: user.sessionVersion };
}
