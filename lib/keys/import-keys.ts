import { and, eq } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { isAppError } from "@/lib/errors";
import { keyring } from "@/lib/keyring/open-keyring";
import { PROVIDERS, type Provider } from "@/lib/providers/provider";
import type { KeyOwner } from "./find-key";
import { hasKeyShape } from "./key-shape";
import { isNotOpened, type OpenOldForm } from "./old-forms/old-form";
import type { ImportRow } from "./read-rows";
import { saveKey } from "./save-key";

/** `kept`: the account has another key of this provider already, which stays. */
export type ImportOutcome = "imported" | "unchanged" | "kept" | "failed";
/** What became of one row, for the operator; nothing of a key is in it. */
export type ImportedRow = { row: number; user: string; provider: string; outcome: ImportOutcome; reason?: string };
export type ImportReport = { counts: Record<ImportOutcome, number>; notes: ImportedRow[] };

type Import = {
  rows: ImportRow[];
  /** Reads what the older system stored. For keys in plain text: the text itself. */
  open: OpenOldForm;
  /** @returns undefined when there is no such account. */
  findAccount: (user: string) => Promise<string | undefined>;
  /** Looks at everything and writes nothing. */
  isDryRun?: boolean;
  onProgress?: (done: number, total: number) => void;
};

const PROGRESS_EVERY = 500;

/**
 * Seals keys of an older system into our form, a transaction a row, so that it may be stopped and run again: a key that
 * is there already is left as it is. What does not open, or is no key of its provider, is reported and never stored.
 *
 * @returns counts, and a note on every row that was not simply imported or unchanged
 */
export async function importKeys(given: Import): Promise<ImportReport> {
  const counts = { imported: 0, unchanged: 0, kept: 0, failed: 0 };
  const notes: ImportedRow[] = [];
  for (const [index, row] of given.rows.entries()) {
    const result = await importRow(row, given);
    counts[result.outcome]++;
    if (result.reason !== undefined) notes.push({ row: row.row, ...shownNames(row), ...result });
    if ((index + 1) % PROGRESS_EVERY === 0) given.onProgress?.(index + 1, given.rows.length);
  }
  return { counts, notes };
}

/** Only what is sure to be a name: in a file whose columns are mixed up, a key may stand in any of them. */
function shownNames({ user, provider }: ImportRow) {
  const isName = /^[\w.+-]{1,64}@[\w.-]{1,190}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(user);
  return { user: isName ? user : "unreadable", provider: isProvider(provider) ? provider : "unknown" };
}

type RowResult = { outcome: ImportOutcome; reason?: string };
const failed = (reason: string): RowResult => ({ outcome: "failed", reason });
const kept: RowResult = { outcome: "kept", reason: "the account has another key of this provider, which stays" };

async function importRow(row: ImportRow, { open, findAccount, isDryRun }: Import): Promise<RowResult> {
  const { provider } = row;
  if (!isProvider(provider)) return failed(`is of no provider we know: ${PROVIDERS.join(", ")}`);
  let apiKey: string;
  try {
    apiKey = open(row.key.reveal()).reveal();
  } catch (error) {
    if (!isNotOpened(error)) throw error;
    return failed(error.message);
  }
  // What an older system failed to decrypt may be a ciphertext still: sealed again it would be lost for good.
  if (!hasKeyShape(apiKey, provider)) return failed("is no key of this provider; it may be encrypted still");
  const userId = await findAccount(row.user);
  if (userId === undefined) return failed("has no account here");
  const owner = { userId, provider };
  const before = await compare(owner, apiKey);
  if (before !== "absent") return before === "same" ? { outcome: "unchanged" } : kept;
  if (isDryRun) return { outcome: "imported" };
  try {
    await saveKey({
      ...owner,
      apiKey,
      info: undefined,
      action: "key_saved",
      onlyIfAbsent: true,
      userAgent: "keys import",
    });
  } catch (error) {
    if (!isAppError(error) || error.code !== "conflict") throw error;
    return kept; // saved by its owner while we looked
  }
  return { outcome: "imported" };
}

const isProvider = (text: string): text is Provider => (PROVIDERS as readonly string[]).includes(text);

async function compare({ userId, provider }: KeyOwner, apiKey: string): Promise<"absent" | "same" | "another"> {
  const [row] = await (await db())
    .select({ keyHash: userApiKeys.keyHash })
    .from(userApiKeys)
    .where(and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider)));
  if (row === undefined) return "absent";
  return row.keyHash === (await keyring()).hash(provider, apiKey) ? "same" : "another";
}
