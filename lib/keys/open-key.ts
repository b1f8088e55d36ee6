import { and, eq, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { type Keyring, keyring, type SealContext } from "@/lib/keyring/open-keyring";
import { isUndecryptable } from "@/lib/keyring/undecryptable-error";
import { log } from "@/lib/log";
import { endpointOrigin, type Provider } from "@/lib/providers/provider";
import type { SealedKey } from "./find-key";
import { isRefused } from "./key-state";
import { KEY_PURPOSE } from "./user-api-key";

/** A row with something to open. */
export type OpenableKey = SealedKey & { encryptedKey: string };

export type Opened =
  /** `row` holds the ciphertext as it lies there now. */
  | { status: "opened"; apiKey: string; row: OpenableKey }
  /** Somebody replaced or re-encrypted the key since the row was read: read it again. */
  | { status: "changed" }
  | { status: "undecryptable" };

/** What the ciphertext is bound to: moved to another row, user, provider or host, it does not open. */
export const sealContext = ({
  id,
  userId,
  provider,
}: {
  id: string;
  userId: string;
  provider: Provider;
}): SealContext => ({
  purpose: KEY_PURPOSE,
  rowId: id,
  userId,
  provider,
  endpointOrigin: endpointOrigin(provider),
});

/**
 * Runs something that opens a stored text, and runs it once more when another process has made the data key that the
 * text names: a rotation elsewhere must not make a key unreadable here.
 *
 * @returns undefined when the text does not open.
 */
export async function orReload<T>(ring: Keyring, stored: string, run: () => T): Promise<T | undefined> {
  for (let isRetry = false; ; isRetry = true) {
    try {
      return run();
    } catch (error) {
      if (!isUndecryptable(error)) throw error;
      if (isRetry || !(await ring.reload(stored))) return undefined;
    }
  }
}

/**
 * Opens a stored key. One in the plain form is sealed anew on that occasion. One that does not open is marked
 * `undecryptable`, audited and logged; one that was marked and opens again (the right ENCRYPTION_KEY is back) is marked
 * `active`.
 *
 * @param audit `each` failure, because somebody else may pay for this one; or only the `first`, where a page asks again
 *   and again.
 */
export async function openKey(row: OpenableKey, audit: "each" | "first"): Promise<Opened> {
  const ring = await keyring();
  const apiKey = await orReload(ring, row.encryptedKey, () => ring.open(row.encryptedKey, sealContext(row)));
  if (apiKey === undefined) return await markUndecryptable(row, audit);
  if (row.state === "undecryptable") await markReadable(row);
  return { status: "opened", apiKey, row: row.encryptedKey.startsWith("v1:") ? row : await sealAnew(row, ring) };
}

const sameCiphertext = (row: OpenableKey) =>
  and(eq(userApiKeys.id, row.id), eq(userApiKeys.userId, row.userId), eq(userApiKeys.encryptedKey, row.encryptedKey));

/** From the plain form, which anybody could move to another row, into ours. The key can be used whether or not it works. */
async function sealAnew(row: OpenableKey, ring: Keyring): Promise<OpenableKey> {
  try {
    const kid = await ring.reserve(1);
    const text = ring.reseal(row.encryptedKey, sealContext(row), kid);
    return await (await db()).transaction(async (tx) => {
      const changed = await tx
        .update(userApiKeys)
        .set({ encryptedKey: text, encryptionKeyId: kid })
        .where(sameCiphertext(row))
        .returning({ id: userApiKeys.id });
      if (changed.length === 0) return row;
      const { userId, provider, id: keyId } = row;
      await record(tx, { userId, action: "key_rotated", provider, detail: { keyId, kid } });
      return { ...row, encryptedKey: text };
    });
  } catch (error) {
    const { userId, provider, id: keyId } = row;
    log.warn("a key in the plain form could not be sealed anew", { userId, provider, keyId, err: error });
    return row;
  }
}

/** Only while the row holds what was tried, so that a key saved meanwhile keeps its state. */
async function markUndecryptable(row: OpenableKey, audit: "each" | "first"): Promise<Opened> {
  const marked = await (await db()).transaction(async (tx) => {
    // A key that the provider refused stays refused: it must not win the shared key by becoming unreadable too.
    const state = isRefused(row.state) ? row.state : "undecryptable";
    const rows = await tx
      .update(userApiKeys)
      .set({ state, updatedAt: sql`now()` })
      .where(sameCiphertext(row))
      .returning({ id: userApiKeys.id });
    if (rows.length === 0) return false;
    if (audit === "first" && row.state === state) return true;
    await record(tx, {
      userId: row.userId,
      action: "key_decrypt_failed",
      provider: row.provider,
      detail: { keyId: row.id },
    });
    return true;
  });
  if (!marked) return { status: "changed" };
  log.error("a stored key does not open", { userId: row.userId, provider: row.provider, keyId: row.id });
  return { status: "undecryptable" };
}

async function markReadable(row: OpenableKey): Promise<void> {
  const healed = await (await db())
    .update(userApiKeys)
    .set({ state: "active", updatedAt: sql`now()` })
    .where(and(sameCiphertext(row), eq(userApiKeys.state, "undecryptable")))
    .returning({ id: userApiKeys.id });
  if (healed.length > 0) {
    log.info("a stored key opens again", { userId: row.userId, provider: row.provider, keyId: row.id });
  }
}
