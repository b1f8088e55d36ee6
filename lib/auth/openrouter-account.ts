import { and, eq } from "drizzle-orm";
import { db, type Tx } from "@/lib/db/client";
import { identities, users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";

const PROVIDER = "openrouter";

/** The account that was made by signing in as this user of OpenRouter. Connecting a key makes no such link. */
export async function findOpenRouterAccount(openRouterUserId: string): Promise<string | undefined> {
  const [row] = await (await db())
    .select({ userId: identities.userId })
    .from(identities)
    .where(and(eq(identities.provider, PROVIDER), eq(identities.providerAccountId, openRouterUserId)));
  return row?.userId;
}

export const isRegistrationOpen = (): boolean => env().REGISTRATION === "open";

/**
 * Makes the account of a user of OpenRouter, who tells neither address nor name: so it can never be taken for somebody
 * else's account with an address.
 *
 * @throws AppError `conflict` when another request has made it meanwhile
 */
export async function makeOpenRouterAccount(
  tx: Tx,
  { id, openRouterUserId }: { id: string; openRouterUserId: string },
): Promise<void> {
  await tx.insert(users).values({ id });
  const linked = await tx
    .insert(identities)
    .values({ provider: PROVIDER, providerAccountId: openRouterUserId, userId: id })
    .onConflictDoNothing()
    .returning({ userId: identities.userId });
  if (linked.length === 0) throw new AppError("conflict", "This account is being made already. Try again in a moment.");
}
