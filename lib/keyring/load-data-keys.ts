import type { KeyObject } from "node:crypto";
import { inArray } from "drizzle-orm";
import type { DbOrTx } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { EnvError } from "@/lib/env";
import { newDataKey, type Purpose, unwrapDataKey, type WrappedDataKey } from "./data-key";
import type { KekRing } from "./kek/kek";
import { READABLE } from "./states";
import { wrappedColumns } from "./wrapped-columns";

export type DataKeyRing = {
  /** Every key that may be used to read, by kid. */
  keys: Map<string, { purpose: Purpose; key: KeyObject }>;
  /** The kid that writes, one a purpose. */
  active: Record<Purpose, string>;
};

const PURPOSES: Purpose[] = ["enc", "mac", "audit"];

/**
 * Reads and unwraps the data keys, and makes those that a new database lacks. Several processes may do so at once: the
 * unique index lets one active key a purpose in, and everybody then uses the one that is stored.
 *
 * @throws EnvError when a stored data key was wrapped by none of the configured key encryption keys. Making new ones
 *   instead would leave every stored API key unreadable without a word. KeyStoreAwayError when it cannot be told yet.
 */
export async function loadDataKeys(db: DbOrTx, keks: KekRing): Promise<DataKeyRing> {
  const found = await readRows(db);
  const lacking = lackingIn(found);
  const ring = await unwrapAll(found, keks); // refuse before anything is written
  if (lacking.length === 0) return ring;
  const made = await Promise.all(lacking.map((purpose) => newDataKey(purpose, keks.primary)));
  await db
    .insert(dataKeys)
    .values(made.map((row) => ({ ...row, state: "active" as const })))
    .onConflictDoNothing();
  return unwrapAll(await readRows(db), keks);
}

type Row = WrappedDataKey & { state: string };

const lackingIn = (rows: Row[]): Purpose[] =>
  PURPOSES.filter((purpose) => !rows.some((row) => row.purpose === purpose && row.state === "active"));

const readRows = (db: DbOrTx): Promise<Row[]> =>
  db
    .select(wrappedColumns)
    .from(dataKeys)
    .where(inArray(dataKeys.state, [...READABLE]));

async function unwrapAll(rows: Row[], keks: KekRing): Promise<DataKeyRing> {
  const keys: DataKeyRing["keys"] = new Map();
  const active: Partial<DataKeyRing["active"]> = {};
  for (const row of rows) {
    const kek = keks.all.find(({ id }) => id === row.kekId);
    if (!kek) throw wrongKek(row, keks);
    keys.set(row.kid, {
      purpose: row.purpose,
      key: await unwrapDataKey(row, kek).catch((error) => refuse(row, error)),
    });
    if (row.state === "active") active[row.purpose] = row.kid;
  }
  return { keys, active: active as DataKeyRing["active"] };
}

const wrongKek = ({ kekId }: Row, keks: KekRing) =>
  new EnvError(
    `ENCRYPTION_KEY: this database was written under encryption key ${kekId}; configured: ${keks.all.map(({ id }) => id).join(", ")}. ` +
      "Set the key it was written under, add that one to ENCRYPTION_KEY_PREVIOUS, or point DATABASE_URL or DATA_DIR at this key's own database.",
  );

/** A key store that is away or refuses us says so itself. */
function refuse({ kid, kekId }: Row, error: unknown): never {
  if (!(error instanceof Error && error.name === "CryptoError")) throw error; // across bundles too
  throw new EnvError(
    `Data key ${kid} in this database was altered: encryption key ${kekId} does not unwrap it. Restore the row of ai.data_keys from a backup.`,
  );
}
