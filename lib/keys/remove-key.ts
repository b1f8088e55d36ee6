import { and, eq } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import type { KeyOwner } from "./find-key";

export type KeyRemoval = KeyOwner & { address?: string; userAgent?: string };

/**
 * Deletes the row, and the ciphertext with it, and audits that in one transaction. Gone means: not readable through SQL
 * and not in new dumps; the provider goes on accepting the key until it is revoked there.
 *
 * @returns false when there was none
 */
export async function removeKey({ userId, provider, address, userAgent }: KeyRemoval): Promise<boolean> {
  return await (await db()).transaction(async (tx) => {
    const removed = await tx
      .delete(userApiKeys)
      .where(and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider)))
      .returning({ id: userApiKeys.id, state: userApiKeys.state });
    for (const { id: keyId, state } of removed) {
      await record(tx, { userId, action: "key_removed", provider, detail: { keyId, state }, address, userAgent });
    }
    return removed.length > 0;
  });
}
