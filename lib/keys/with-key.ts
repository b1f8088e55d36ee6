import { and, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { type Provider, providerNames } from "@/lib/providers/provider";
import { findSealedKey, type KeyOwner, type SealedKey } from "./find-key";
import type { KeySettings } from "./key-settings";
import { type BadKeyState, isPassing, isRefused, keyStateError } from "./key-state";
import { type OpenableKey, openKey } from "./open-key";
import { setKeyState } from "./set-state";
import { sharedKeyFor } from "./shared-key";

/** Who pays for one request, and what may be shown of the key. */
export type Payer = {
  source: "user" | "shared";
  provider: Provider;
  /** Row of the user's own key; null for the shared one. */
  keyId: string | null;
  hint: string | null;
  label: string | null;
  /** When the own key was set: handed back to `setKeyState`, it keeps a late refusal off a newer key. */
  keySetAt: Date | null;
  /** Why the shared key stepped in: the caller must show it. */
  fallback?: "no_key" | "undecryptable";
};

export type KeyRequest = KeyOwner & {
  modelId: string;
  /** The caller's preference; asked only when the shared key would have to step in. */
  isSharedKeyAllowed: () => Promise<boolean>;
};

/**
 * The only door to a plaintext key: decides who pays for one request (contract.md, section 5), opens that key and lends
 * it to `use` for the length of the call.
 *
 * @throws AppError `no_key` or `model_not_allowed` when nobody can pay; `key_invalid`, `key_expired`,
 *   `key_limit_reached`, `out_of_credit` when the user's own key is known to be unusable: those are the user's to mend
 *   and never fall back.
 */
export async function withKey<T>(
  { userId, provider, modelId, isSharedKeyAllowed }: KeyRequest,
  use: (key: { apiKey: string; payer: Payer; settings: KeySettings }) => Promise<T>,
): Promise<T> {
  const own = await openOwnKey({ userId, provider }, "each", refuseUnusable);
  if (own.status === "opened") {
    const { id: keyId, keyHint: hint, keyLabel: label, keySetAt } = own.row;
    const result = await use({
      apiKey: own.apiKey,
      payer: { source: "user", provider, keyId, hint, label, keySetAt },
      settings: own.row.settings,
    });
    if (isPassing(own.row.state)) await markPassed(own.row);
    return result;
  }
  const fallback = own.status === "none" ? "no_key" : "undecryptable";
  const apiKey = borrowSharedKey(await isSharedKeyAllowed());
  log.info("the shared key steps in", { userId, provider, source: "shared", detail: fallback });
  return await use({
    apiKey,
    payer: { source: "shared", provider, keyId: null, hint: null, label: null, keySetAt: null, fallback },
    settings: {}, // those of a key that does not pay count for nothing
  });

  function borrowSharedKey(sharedKeyAllowed: boolean): string {
    try {
      return sharedKeyFor({ provider, modelId, sharedKeyAllowed });
    } catch (error) {
      throw own.status === "undecryptable" ? keyStateError("undecryptable", provider) : error;
    }
  }
}

/** Which key was lent, for writing down what became of it. */
export type LentKey = { keyId: string; keySetAt: Date };

/**
 * Lends the user's own key, whatever its state, to a call that only asks the provider about it.
 *
 * @throws AppError `no_key`, or `key_invalid` when the stored key does not open
 */
export async function withStoredKey<T>(
  owner: KeyOwner,
  use: (apiKey: string, lent: LentKey) => Promise<T>,
): Promise<T> {
  const own = await openOwnKey(owner, "first");
  if (own.status === "opened") return await use(own.apiKey, { keyId: own.row.id, keySetAt: own.row.keySetAt });
  if (own.status === "undecryptable") throw keyStateError("undecryptable", owner.provider);
  throw new AppError("no_key", `You have no ${providerNames[owner.provider]} key stored.`);
}

type OwnKey = { status: "opened"; apiKey: string; row: OpenableKey } | { status: "none" } | { status: "undecryptable" };

async function openOwnKey(
  owner: KeyOwner,
  audit: "each" | "first",
  check?: (row: SealedKey) => Promise<void>,
): Promise<OwnKey> {
  // A key replaced or re-encrypted between reading and opening is read again; twice in a row means a broken row.
  for (let attempt = 0; attempt < 3; attempt++) {
    const row = await findSealedKey(owner);
    if (row === undefined || row.state === "inactive") return { status: "none" };
    await check?.(row);
    if (row.encryptedKey === null) return { status: "none" };
    const openable = { ...row, encryptedKey: row.encryptedKey };
    const opened = await openKey(openable, audit);
    if (opened.status !== "changed") return opened;
  }
  throw new AppError("conflict", "Your key is being changed right now. Nothing was charged. Try again in a moment.");
}

/** @throws AppError of the state, when the provider need not be asked to know that the key cannot pay. */
async function refuseUnusable(row: SealedKey): Promise<void> {
  const { userId, provider, id: keyId, keySetAt } = row;
  if (row.state !== "invalid" && row.isPastExpiry) {
    if (row.state !== "expired") await setKeyState({ userId, provider, keyId, keySetAt, state: "expired" });
    throw keyStateError("expired", provider);
  }
  // A limit resets and credit is added without a word to us: once a minute has passed the provider decides anew.
  const refused = isRefused(row.state) || (isPassing(row.state) && !row.isRecheckDue);
  if (refused) throw keyStateError(row.state as BadKeyState, provider);
}

/** The provider took the key again. Not when a refusal was stored meanwhile: that touches `last_verified_at`. */
async function markPassed(row: OpenableKey): Promise<void> {
  try {
    await (await db())
      .update(userApiKeys)
      .set({ state: "active", lastVerifiedAt: sql`now()`, updatedAt: sql`now()` })
      .where(
        and(
          eq(userApiKeys.id, row.id),
          eq(userApiKeys.userId, row.userId),
          eq(userApiKeys.state, row.state),
          eq(userApiKeys.encryptedKey, row.encryptedKey),
          sql`coalesce(${userApiKeys.lastVerifiedAt} < now() - interval '60 seconds', true)`,
        ),
      );
  } catch (error) {
    // The answer was given and paid for: a state that could not be written must not take it away.
    log.warn("the state of a key could not be written", { userId: row.userId, keyId: row.id, err: error });
  }
}
