import { PROVIDERS, type Provider } from "@/lib/providers/provider";
import { hasKeyShape } from "./key-shape";
import { isNotOpened, type OpenOldForm } from "./old-forms/old-form";
import type { ImportRow } from "./read-rows";
import type { KeyToStore, StoredKey, StoreOutcome } from "./store-keys";

/** What became of one row, for the operator; nothing of a key is in it. */
export type ImportNote = { row: number; user: string; provider: string; outcome: StoreOutcome; reason: string };
export type ImportReport = { counts: Record<StoreOutcome, number>; notes: ImportNote[] };

type Import = {
  rows: ImportRow[];
  /** Reads what the older system stored. For keys in plain text: the text itself. */
  open: OpenOldForm;
  /** Stores a few keys where the database is: here, or in the server that holds it. */
  store: (keys: KeyToStore[]) => Promise<StoredKey[]>;
  onProgress?: (done: number, total: number) => void;
};

/** So few that they fit one line of the admin socket: a key, an address and the names around them, ten times. */
const BATCH = 10;
const PROGRESS_EVERY = 500;

/**
 * Brings keys of an older system into our form. It may be stopped and run again: a key that is there already is left as
 * it is. What does not open, or is no key of its provider, is reported and never stored.
 *
 * @returns counts, and a note on every row that was not simply imported or unchanged
 */
export async function importKeys({ rows, open, store, onProgress }: Import): Promise<ImportReport> {
  const counts = { imported: 0, unchanged: 0, kept: 0, failed: 0 };
  const notes: ImportNote[] = [];
  const note = (row: ImportRow, outcome: StoreOutcome, reason?: string) => {
    counts[outcome]++;
    if (reason !== undefined) notes.push({ row: row.row, ...shownNames(row), outcome, reason });
  };
  for (let at = 0; at < rows.length; at += BATCH) {
    const batch = rows.slice(at, at + BATCH).map((row) => ({ row, ...openRow(row, open) }));
    const keys = batch.flatMap(({ key }) => key ?? []);
    const stored = keys.length > 0 ? await store(keys) : [];
    for (const { row, reason } of batch) {
      const result = stored.find((one) => one.row === row.row);
      note(row, result?.outcome ?? "failed", result ? result.reason : (reason ?? "was not stored"));
    }
    const done = at + batch.length;
    if (done % PROGRESS_EVERY === 0) onProgress?.(done, rows.length);
  }
  return { counts, notes };
}

function openRow({ row, user, provider, key }: ImportRow, open: OpenOldForm): { key?: KeyToStore; reason?: string } {
  if (!isProvider(provider)) return { reason: `is of no provider we know: ${PROVIDERS.join(", ")}` };
  try {
    const apiKey = open(key.reveal()).reveal();
    // What an older system failed to decrypt may be a ciphertext still: sealed again it would be lost for good.
    if (!hasKeyShape(apiKey, provider)) return { reason: "is no key of this provider; it may be encrypted still" };
    return { key: { row, user, provider, apiKey } };
  } catch (error) {
    if (!isNotOpened(error)) throw error;
    return { reason: error.message };
  }
}

/** Only what is sure to be a name: in a file whose columns are mixed up, a key may stand in any of them. */
function shownNames({ user, provider }: ImportRow) {
  const isName = /^[\w.+-]{1,64}@[\w.-]{1,190}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(user);
  return { user: isName ? user : "unreadable", provider: isProvider(provider) ? provider : "unknown" };
}

const isProvider = (text: string): text is Provider => (PROVIDERS as readonly string[]).includes(text);
