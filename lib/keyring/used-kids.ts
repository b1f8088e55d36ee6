import { gt, min } from "drizzle-orm";
import type { DbOrTx } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";

/** The kids that stored keys name, found by leaps through the index: a few look-ups, however many rows there are. */
export async function usedKids(db: DbOrTx): Promise<string[]> {
  const kids: string[] = [];
  for (;;) {
    const [next] = await db
      .select({ kid: min(userApiKeys.encryptionKeyId) })
      .from(userApiKeys)
      .where(gt(userApiKeys.encryptionKeyId, kids.at(-1) ?? ""));
    if (!next?.kid) return kids;
    kids.push(next.kid);
  }
}
