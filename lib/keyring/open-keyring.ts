import type { KeyObject } from "node:crypto";
import { and, eq, lt, sql } from "drizzle-orm";
import { aad, deriveKey, hmac, keyId, openText, parseSealedText, type SealedText, sealText } from "@/lib/crypto";
import { type DbOrTx, db as openDb } from "@/lib/db/client";
import { dataKeys, userApiKeys } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import type { Purpose } from "./data-key";
import { configuredKeks } from "./kek/env";
import type { KekRing } from "./kek/kek";
import { type DataKeyRing, loadDataKeys, readDataKeys } from "./load-data-keys";
import { UndecryptableError } from "./undecryptable-error";
import { usedKids } from "./used-kids";

/** Nonces one data key may draw: half of what NIST SP 800-38D, section 8.3, allows for random ones. */
export const MAX_USES = 2 ** 31;

/** What a sealed text is bound to: moved to another row, user, provider, column or endpoint it does not open. */
export type SealContext = {
  /** Table and column, such as "user_api_keys.encrypted_key". */
  purpose: string;
  rowId: string;
  userId: string;
  provider: string;
  endpointOrigin: string;
};

export type Keyring = {
  /**
   * Seals a text under the active data key and counts that use in the same transaction.
   *
   * @param text 1 to 8192 bytes of UTF-8.
   * @param tx the transaction that stores the result.
   * @throws CryptoError when the text is empty, too long or not valid Unicode; AppError `internal` when the data key
   *   has reached `MAX_USES`.
   */
  seal(text: string, context: SealContext, tx?: DbOrTx): Promise<{ text: string; kid: string }>;
  /**
   * Opens a stored text: v1 by the key it names and no other, the plain form by the key encryption keys unless
   * ACCEPT_PLAIN_FORM is off.
   *
   * @throws UndecryptableError whatever is wrong.
   */
  open(stored: string, context: SealContext): string;
  /** `h1:<mac kid>:<base64url of 32 bytes>`: equal for equal keys of one provider, on this deployment only. */
  hash(provider: string, apiKey: string): string;
  /** Seals a short-lived text, such as a cookie, bound to `aad`, under a key of its own for that `aad`. */
  sealFlow(text: string, aad: string): string;
  /** @throws UndecryptableError whatever is wrong. */
  openFlow(stored: string, aad: string): string;
  /**
   * HMAC-SHA-256 under an audit key, base64url.
   *
   * @param kid which audit key, for events that an earlier one signed; undefined: the active one.
   * @throws UndecryptableError when there is no such audit key.
   */
  auditMac(data: Uint8Array, kid?: string): { kid: string; mac: string };
  /** Data keys that stored API keys name but the ring lacks, with the number of rows that cannot be read for it. */
  missing(): Promise<{ kid: string; rows: number }[]>;
};

type Slot = { opening: Promise<Keyring>; ring?: Keyring };
const shared = globalThis as { __chatelaineKeyring?: Slot };

/**
 * The ring of this process, opened on first use.
 *
 * @param tx needed inside a transaction: the embedded database has one connection, so an opening beside the
 *   transaction would wait for it for ever. A ring that must first be opened is then read through `tx` and not kept,
 *   since the data keys it may have made go away with the transaction.
 * @throws EnvError when the key encryption keys do not fit the database; the next call tries again.
 */
export function keyring(tx?: DbOrTx): Promise<Keyring> {
  const slot = shared.__chatelaineKeyring;
  if (slot?.ring) return Promise.resolve(slot.ring);
  if (tx) return openConfigured(tx);
  return (slot ?? openShared()).opening;
}

function openShared(): Slot {
  const slot: Slot = { opening: openDb().then(openConfigured) };
  shared.__chatelaineKeyring = slot;
  slot.opening.then(
    (ring) => {
      slot.ring = ring;
    },
    () => {
      if (shared.__chatelaineKeyring === slot) shared.__chatelaineKeyring = undefined; // the right key may come yet
    },
  );
  return slot;
}

const openConfigured = async (db: DbOrTx): Promise<Keyring> =>
  openKeyring({ db, keks: await configuredKeks(), acceptPlainForm: env().ACCEPT_PLAIN_FORM === "true" });

type Opening = { db: DbOrTx; keks: KekRing; acceptPlainForm: boolean };

export async function openKeyring({ db, keks, acceptPlainForm }: Opening): Promise<Keyring> {
  let ring = await loadDataKeys(db, keks);

  return {
    async seal(text, context, tx = db) {
      let kid = ring.active.enc;
      if (!(await countUse(tx, kid))) {
        ring = (await readDataKeys(tx, keks)) ?? ring; // another process may have made a newer key active
        kid = ring.active.enc;
        if (!(await countUse(tx, kid))) throw usedUp();
      }
      return { text: sealText(text, keyFor(ring, "enc", kid), rowAad(kid, context)), kid };
    },
    open(stored, context) {
      return orUndecryptable(() => {
        const sealed = parseSealedText(stored);
        if (sealed.version === "v0") return openPlainForm(sealed, acceptPlainForm ? keks.plainFormKeys : []);
        return openText(sealed, keyFor(ring, "enc", sealed.kid), rowAad(sealed.kid, context));
      });
    },
    hash(provider, apiKey) {
      const kid = ring.active.mac;
      const digest = hmac(keyFor(ring, "mac", kid), `provider-key\0${provider}\0${apiKey}`);
      return `h1:${kid}:${digest.toString("base64url")}`;
    },
    sealFlow(text, boundTo) {
      const key = flowKey(keyFor(ring, "mac", ring.active.mac), boundTo);
      return sealText(text, key, flowAad(key, boundTo));
    },
    openFlow(stored, boundTo) {
      return orUndecryptable(() => {
        const sealed = parseSealedText(stored);
        if (sealed.version !== "v1") throw new UndecryptableError();
        const key = flowKey(keyFor(ring, "mac", ring.active.mac), boundTo);
        return openText(sealed, key, flowAad(key, boundTo));
      });
    },
    auditMac(data, kid = ring.active.audit) {
      return { kid, mac: hmac(keyFor(ring, "audit", kid), data).toString("base64url") };
    },
    async missing() {
      const lacking = (await usedKids(db)).filter((kid) => ring.keys.get(kid)?.purpose !== "enc");
      return await Promise.all(
        lacking.map(async (kid) => ({ kid, rows: await db.$count(userApiKeys, eq(userApiKeys.encryptionKeyId, kid)) })),
      );
    },
  };
}

const rowAad = (kid: string, { purpose, rowId, userId, provider, endpointOrigin }: SealContext) =>
  aad("v1", kid, purpose, rowId, userId, provider, endpointOrigin);

/**
 * One key a flow, by HKDF from the mac data key: short-lived texts are sealed by the thousand, and with a key of its
 * own each needs no count of nonces. The flow's name is in `info`, so its key is useless for another flow.
 */
const flowKey = (mac: KeyObject, boundTo: string) => deriveKey(mac, `chatelaine/flow/v1\0${boundTo}`);

const flowAad = (key: KeyObject, boundTo: string) => aad("flow", keyId(key), boundTo);

function keyFor(ring: DataKeyRing, purpose: Purpose, kid: string): KeyObject {
  const found = ring.keys.get(kid);
  if (found?.purpose !== purpose) throw new UndecryptableError();
  return found.key;
}

function openPlainForm(sealed: SealedText, keys: KeyObject[]): string {
  for (const key of keys) {
    try {
      return openText(sealed, key);
    } catch {
      // The plain form names no key, so the next one may be its own.
    }
  }
  throw new UndecryptableError();
}

/** Whatever went wrong, the caller learns that it does not open, and nothing else. */
function orUndecryptable<T>(run: () => T): T {
  try {
    return run();
  } catch {
    throw new UndecryptableError();
  }
}

/** @returns false when the key may not be used: no longer active, or used up. */
async function countUse(tx: DbOrTx, kid: string): Promise<boolean> {
  const counted = await tx
    .update(dataKeys)
    .set({ uses: sql`${dataKeys.uses} + 1` })
    .where(and(eq(dataKeys.kid, kid), eq(dataKeys.state, "active"), lt(dataKeys.uses, MAX_USES)))
    .returning({ kid: dataKeys.kid });
  return counted.length > 0;
}

const usedUp = () =>
  new AppError(
    "internal",
    "Your key was not saved and nothing was charged: this site's encryption key has been used as often as is safe. Tell the operator to renew the data key.",
  );
