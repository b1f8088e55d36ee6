import { and, eq, or, sql } from "drizzle-orm";
import { recorder } from "@/lib/audit/recorder";
import { db } from "@/lib/db/client";
import { tokenFamilies } from "@/lib/db/schema";
import { readToken } from "./bearer";

/**
 * A pair that came with its account (both began in one transaction) and is given back within a minute: our own page signs
 * up that way, and signs its browser in by a cookie. Nobody was signed in by it, so nobody signs out.
 */
const isUnwanted = sql<boolean>`(
  created_at > now() - interval '1 minute'
  and created_at = (select u.created_at from ai.users u where u.id = token_families.user_id)
)`;

type Logout = { refreshToken: string; address: string; userAgent: string | null };

/**
 * Ends a sign-in over REST, with both of its tokens, on every instance from its next request on. What has ended, or never
 * was, is signed out already; the token just before the newest counts too, as the answer to a refresh may be lost.
 */
export async function logOut({ refreshToken, address, userAgent }: Logout): Promise<void> {
  const token = readToken(refreshToken);
  if (token?.kind !== "refresh") return;
  const { familyId, hash } = token;
  const record = await recorder();
  await (await db()).transaction(async (tx) => {
    const isTheirs = or(eq(tokenFamilies.refreshHash, hash), eq(tokenFamilies.previousRefreshHash, hash));
    const [family] = await tx
      .delete(tokenFamilies)
      .where(and(eq(tokenFamilies.id, familyId), isTheirs))
      .returning({ userId: tokenFamilies.userId, isUnwanted });
    if (!family || family.isUnwanted) return;
    await record(tx, { userId: family.userId, action: "signed_out", detail: { how: "rest" }, address, userAgent });
  });
}
