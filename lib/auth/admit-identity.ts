import { and, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { identities, users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import type { Alongside } from "./account-log";
import { emailSchema } from "./email";

export type Identity = {
  provider: string;
  providerAccountId: string;
  /** An address that the provider says it has verified; undefined where it has none. */
  verifiedEmail: string | undefined;
  name: string | null;
};
export type Refusal = "email_not_verified" | "OAuthAccountNotLinked" | "registration_closed";

/**
 * Finds or makes the account of somebody who signed in at GitHub or Google.
 *
 * A known identity opens its account. A new one joins the account with the same verified address only if that account
 * has no password: we do not verify addresses at registration, so whoever typed the address first would otherwise
 * share the account with the person it belongs to.
 *
 * @param onRegistered runs in the transaction that makes a new account
 */
export async function admitIdentity(
  identity: Identity,
  onRegistered?: Alongside,
): Promise<{ id: string; sessionVersion: number } | { refused: Refusal }> {
  const { provider, providerAccountId } = identity;
  const email = emailSchema.safeParse(identity.verifiedEmail).data;
  const account = { id: users.id, sessionVersion: users.sessionVersion };
  return (await db()).transaction(async (tx) => {
    const [known] = await tx
      .select(account)
      .from(identities)
      .innerJoin(users, eq(users.id, identities.userId))
      .where(and(eq(identities.provider, provider), eq(identities.providerAccountId, providerAccountId)));
    if (known) return known;
    if (!email) return { refused: "email_not_verified" };

    const [owner] = await tx
      .select({ ...account, passwordHash: users.passwordHash })
      .from(users)
      .where(eq(sql`lower(${users.email})`, email));
    if (owner?.passwordHash) return { refused: "OAuthAccountNotLinked" };
    if (!owner && env().REGISTRATION === "closed") return { refused: "registration_closed" };

    const [user] = owner ? [owner] : await tx.insert(users).values({ email, name: identity.name }).returning(account);
    if (!user) throw new Error("an insert returned no row");
    await tx.insert(identities).values({ provider, providerAccountId, userId: user.id });
    if (!owner) await onRegistered?.(tx, user.id);
    return { id: user.id, sessionVersion: user.sessionVersion };
  });
}
