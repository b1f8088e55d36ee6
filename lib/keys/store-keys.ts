import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { isAppError } from "@/lib/errors";
import { keyring } from "@/lib/keyring/open-keyring";
import { PROVIDERS } from "@/lib/providers/provider";
import type { KeyOwner } from "./find-key";
import { saveKey } from "./save-key";

/** A key in plain text on its way into the database. */
export const KeyToStore = z.strictObject({
  row: z.int(),
  user: z.string(),
  provider: z.enum(PROVIDERS),
  apiKey: z.string().max(600),
});
export type KeyToStore = z.infer<typeof KeyToStore>;
/** `kept`: the account has another key of this provider already, which stays. */
export type StoreOutcome = "imported" | "unchanged" | "kept" | "failed";
export type StoredKey = { row: number; outcome: StoreOutcome; reason?: string };

/** @returns the account's id; undefined when there is none. */
export type FindAccount = (user: string) => Promise<string | undefined>;

/**
 * Seals imported keys and stores those that are not there yet, a transaction each.
 *
 * @param isDryRun looks at everything and writes nothing
 */
export async function storeKeys(
  keys: KeyToStore[],
  { findAccount, isDryRun }: { findAccount: FindAccount; isDryRun: boolean },
): Promise<StoredKey[]> {
  const stored: StoredKey[] = [];
  for (const key of keys) stored.push({ row: key.row, ...(await storeKey(key, findAccount, isDryRun)) });
  return stored;
}

const kept = { outcome: "kept", reason: "the account has another key of this provider, which stays" } as const;

async function storeKey(
  { user, provider, apiKey }: KeyToStore,
  findAccount: FindAccount,
  isDryRun: boolean,
): Promise<Omit<StoredKey, "row">> {
  const userId = await findAccount(user);
  if (userId === undefined) return { outcome: "failed", reason: "has no account here" };
  const owner = { userId, provider };
  const before = await compare(owner, apiKey);
  if (before !== "absent") return before === "same" ? { outcome: "unchanged" } : kept;
  if (isDryRun) return { outcome: "imported" };
  try {
    const origin = { action: "key_saved", userAgent: "keys import" } as const;
    await saveKey({ ...owner, ...origin, apiKey, info: undefined, onlyIfAbsent: true });
  } catch (error) {
    if (!isAppError(error) || error.code !== "conflict") throw error;
    return kept; // saved by its owner while we looked
  }
  return { outcome: "imported" };
}

async function compare({ userId, provider }: KeyOwner, apiKey: string): Promise<"absent" | "same" | "another"> {
  const [row] = await (await db())
    .select({ keyHash: userApiKeys.keyHash })
    .from(userApiKeys)
    .where(and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider)));
  if (row === undefined) return "absent";
  return row.keyHash === (await keyring()).hash(provider, apiKey) ? "same" : "another";
}
