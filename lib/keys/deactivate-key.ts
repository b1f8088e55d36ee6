import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { type DbOrTx, db, type Tx } from "@/lib/db/client";
import { replacedKeys, userApiKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { Provider } from "@/lib/providers/names";
import { uncheckedColumns } from "./key-info-columns";
import { lockKeys } from "./lock-key";
import type { KeyRemoval } from "./remove-key";

/**
 * Wipes the ciphertext and hash of a key, and of one that it replaced, and keeps the row with its settings and counts
 * as `inactive`. Doing it again changes nothing.
 *
 * @throws AppError `not_found` when there is no row
 */
export async function deactivateKey(removal: KeyRemoval): Promise<void> {
  const { userId, provider } = removal;
  await (await db()).transaction(async (tx) => {
    const [row] = await tx
      .select({ id: userApiKeys.id, provider: userApiKeys.provider, encryptedKey: userApiKeys.encryptedKey })
      .from(userApiKeys)
      .where(and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider)))
      .for("update");
    if (!row) throw new AppError("not_found", "You have no key of this provider.");
    if (row.encryptedKey !== null) await wipe(tx, row.id, removal);
  });
}

/**
 * The same for all keys of a user at once.
 *
 * @param on the caller's transaction, if it has one.
 * @returns the providers of which there was a key
 */
export async function deactivateAllKeys(origin: Omit<KeyRemoval, "provider">, on?: DbOrTx): Promise<Provider[]> {
  return await (on ?? (await db())).transaction(async (tx) => {
    await lockKeys(tx, origin.userId); // a key that is being saved is waited for, or else it would stay
    const rows = await tx
      .select({ id: userApiKeys.id, provider: userApiKeys.provider })
      .from(userApiKeys)
      .where(and(eq(userApiKeys.userId, origin.userId), isNotNull(userApiKeys.encryptedKey)))
      .orderBy(asc(userApiKeys.provider))
      .for("update");
    for (const { id, provider } of rows) await wipe(tx, id, { ...origin, provider });
    return rows.map(({ provider }) => provider);
  });
}

/** What may be kept of a wiped key is what its owner knows it by: label and last characters. */
const wiped = {
  ...uncheckedColumns,
  encryptedKey: null,
  encryptionKeyId: null,
  keyHash: null,
  connectedAt: null,
  state: "inactive",
} as const;

async function wipe(tx: Tx, keyId: string, { userId, provider, address, userAgent }: KeyRemoval): Promise<void> {
  const thisRow = and(eq(userApiKeys.id, keyId), eq(userApiKeys.userId, userId));
  await tx
    .update(userApiKeys)
    .set({ ...wiped, updatedAt: sql`now()` })
    .where(thisRow);
  await tx.delete(replacedKeys).where(and(eq(replacedKeys.userId, userId), eq(replacedKeys.provider, provider)));
  const detail = { keyId, deactivated: true };
  await record(tx, { userId, action: "key_removed", provider, detail, address, userAgent });
}
