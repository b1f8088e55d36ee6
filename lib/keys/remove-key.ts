import { and, eq } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { keyUseDays, userApiKeys } from "@/lib/db/schema";
import type { KeyOwner } from "./find-key";

export type KeyRemoval = KeyOwner & { address?: string; userAgent?: string };

/**
 * Deletes the row, and with it the ciphertext, that of a key it replaced and the counts, and audits that in one
 * transaction. Gone means: not readable through SQL
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
    const itsUses = and(eq(keyUseDays.userId, userId), eq(keyUseDays.provider, provider));
    if (removed.length > 0) await tx.delete(keyUseDays).where(itsUses);
    for (const { id: keyId, state } of removed) {
      await record(tx, { userId, action: "key_removed", provider, detail: { keyId, state }, address, userAgent });
    }
    return removed.length > 0;
  });
}
