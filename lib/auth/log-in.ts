import { eq } from "drizzle-orm";
import { recorder } from "@/lib/audit/recorder";
import { db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { checkCredentials, type LoginHooks } from "./check-credentials";
import { type Role, roleOf } from "./role";
import { beginFamily, type TokenPair } from "./token-family";

export type Account = { id: string; email: string | null; name: string | null; role: Role; createdAt: Date };
export type SignedIn = TokenPair & { user: Account };

type Login = {
  /** As it was sent: it is checked here, so that what no account can have takes as long as the rest. */
  credentials: { email: string; password: string };
  network: string;
  address: string;
  userAgent: string | null;
};

/**
 * Signs a program in, by the same limits and in the same time as a browser (security.md, S46, S47).
 *
 * @throws AppError `invalid_credentials`, `rate_limited`
 */
export async function logIn({ credentials, network, address, userAgent }: Login, hooks: LoginHooks): Promise<SignedIn> {
  const admitted = await checkCredentials(credentials, network, hooks);
  if (!admitted) {
    throw new AppError(
      "invalid_credentials",
      "The e-mail address or the password is wrong. Nobody was signed in. Check both and try again.",
    );
  }
  const { id: userId, sessionVersion } = admitted;
  const record = await recorder();
  return (await db()).transaction(async (tx) => {
    const [user] = await tx.select(accountColumns).from(users).where(eq(users.id, userId));
    if (!user) throw new AppError("invalid_credentials", "The account was deleted a moment ago. Nobody was signed in.");
    const pair = await beginFamily(tx, { userId, sessionVersion, address, userAgent });
    await record(tx, { userId, action: "signed_in", detail: { how: "rest" }, address, userAgent });
    return { user: { ...user, role: roleOf(user) }, ...pair };
  });
}

export const accountColumns = {
  id: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  createdAt: users.createdAt,
};

/** The account behind a caller, as it is told to its owner. @throws AppError `unauthenticated` when it is gone */
export async function readAccount(userId: string): Promise<Account> {
  const [user] = await (await db()).select(accountColumns).from(users).where(eq(users.id, userId));
  if (!user) throw new AppError("unauthenticated", "This account is gone.");
  return { ...user, role: roleOf(user) };
}
