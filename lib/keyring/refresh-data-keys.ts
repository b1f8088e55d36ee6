import { inArray } from "drizzle-orm";
import type { DbOrTx } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { type Purpose, unwrapDataKey } from "./data-key";
import type { KekRing } from "./kek/kek";
import { isKeyStoreAway } from "./kek/key-store-away-error";
import type { DataKeyRing } from "./load-data-keys";
import { READABLE } from "./states";
import { wrappedColumns } from "./wrapped-columns";

/**
 * The ring as the database has it now: what other processes have made, activated or disabled since. Keys that it
 * already holds are not unwrapped a second time, so this asks a key store nothing when nothing is new. One that no
 * configured KEK unwraps is left out, so that a running app goes on with what it can read; the log names that KEK.
 *
 * @returns `known` when a purpose would be left without a key that writes.
 */
export async function refreshDataKeys(db: DbOrTx, keks: KekRing, known: DataKeyRing): Promise<DataKeyRing> {
  const rows = await db
    .select(wrappedColumns)
    .from(dataKeys)
    .where(inArray(dataKeys.state, [...READABLE]));
  const keys: DataKeyRing["keys"] = new Map();
  const active: Record<Purpose, string> = { ...known.active };
  for (const row of rows) {
    const held = known.keys.get(row.kid);
    const kek = keks.all.find(({ id }) => id === row.kekId);
    try {
      if (!held && !kek) throw new Error("no such KEK");
      const entry = held ?? { purpose: row.purpose, key: await unwrapDataKey(row, kek ?? keks.primary) };
      keys.set(row.kid, entry);
      if (row.state === "active") active[row.purpose] = row.kid;
    } catch (error) {
      // It will be back, or its token be mended: nothing may be called unreadable for it.
      if (isKeyStoreAway(error) || (error instanceof Error && error.name === "EnvError")) throw error;
      log.error("a data key cannot be unwrapped with the configured keys", {
        kid: row.kid,
        keyId: row.kekId,
        err: error,
      });
    }
  }
  return Object.values(active).every((kid) => keys.has(kid)) ? { keys, active } : known;
}
