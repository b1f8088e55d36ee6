import { and, asc, gt, isNotNull } from "drizzle-orm";
import { db as openDb } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { orReload, sealContext } from "./open-key";
import type { BadRow } from "./rotate-keys";

export type Verification = {
  /** Rows with something to open. */
  rows: number;
  /** Of these in the plain form, which is bound to nobody: `keys rotate` seals them anew. */
  plainForm: number;
  undecryptable: BadRow[];
};

const BATCH_ROWS = 1000;

/** Opens every stored key, writes nothing, and names those that do not open. */
export async function verifyKeys(report: (rows: number) => void = () => {}): Promise<Verification> {
  const [db, ring] = [await openDb(), await keyring()];
  const { id, userId, provider, encryptedKey, encryptionKeyId } = userApiKeys;
  const result: Verification = { rows: 0, plainForm: 0, undecryptable: [] };
  for (let last: string | undefined; ; ) {
    const batch = await db
      .select({ id, userId, provider, encryptedKey, encryptionKeyId })
      .from(userApiKeys)
      .where(and(isNotNull(encryptedKey), last === undefined ? undefined : gt(id, last)))
      .orderBy(asc(id))
      .limit(BATCH_ROWS);
    for (const row of batch) {
      const stored = row.encryptedKey ?? "";
      const text = await orReload(ring, stored, () => ring.open(stored, sealContext(row)));
      if (text === undefined) {
        result.undecryptable.push({ keyId: row.id, userId: row.userId, provider: row.provider });
      } else if (row.encryptionKeyId === null) result.plainForm += 1;
    }
    result.rows += batch.length;
    report(result.rows);
    last = batch.at(-1)?.id;
    if (batch.length < BATCH_ROWS) return result;
  }
}
