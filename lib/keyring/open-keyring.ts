import type { KeyObject } from "node:crypto";
import { and, eq, is, lte, sql } from "drizzle-orm";
import { PgTransaction } from "drizzle-orm/pg-core";
import { aad, deriveKey, hmac, keyId, openText, parseSealedText, type SealedText, sealText } from "@/lib/crypto";
import { type DbOrTx, db as openDb, type Tx } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import type { Purpose } from "./data-key";
import { configuredKeks } from "./kek/env";
import type { KekRing } from "./kek/kek";
import { type DataKeyRing, loadDataKeys } from "./load-data-keys";
import { lockReason } from "./lock";
import { refreshDataKeys } from "./refresh-data-keys";
import { renewDataKey } from "./renew-data-key";
import { UndecryptableError } from "./undecryptable-error";
import { rowsUnder, usedKids } from "./used-kids";

/** Nonces one data key may draw: half of what NIST SP 800-38D, section 8.3, allows for random ones. */
export const MAX_USES = 2 ** 31;

/** Uses after which a new data key takes over by itself: half of `MAX_USES`, so that there is time for it. */
export const RENEW_AT_USES = 2 ** 30;

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
  /**
   * Looks in the database for the data key that a stored text names, when the ring lacks it: another process may have
   * made it since.
   *
   * @returns true when the text is worth another try.
   */
  reload(stored: string): Promise<boolean>;
  /** Takes over what has become of the data keys since: which one seals, which were disabled and must not open any more. */
  refresh(): Promise<void>;
  /** The kid of the data key that seals now, as the database has it. */
  activeKid(): Promise<string>;
  /** Puts a new data key in the place of the active one. @returns the kid that seals from then on. */
  renew(): Promise<string>;
  /**
   * Counts uses of the active data key ahead, for as many calls of `reseal`.
   *
   * @returns the kid to hand to `reseal`.
   * @throws AppError `internal` when the data key cannot be used so often any more.
   */
  reserve(uses: number): Promise<string>;
  /**
   * Opens a stored text, seals it under a reserved data key, opens that again and compares.
   *
   * @throws UndecryptableError when the stored text does not open, or the new one does not give the same.
   */
  reseal(stored: string, context: SealContext, kid: string): string;
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
 * @throws AppError while the app is locked; EnvError when the key encryption keys do not fit the database, where the
 *   next call tries again.
 */
export function keyring(tx?: DbOrTx): Promise<Keyring> {
  const slot = shared.__chatelaineKeyring;
  if (slot?.ring) return Promise.resolve(slot.ring);
  const reason = lockReason();
  if (reason) return Promise.reject(reason);
  return tx ? openConfigured(tx) : openRing();
}

/** `keyring`, also while the app is locked: for whoever unlocks it. */
export const openRing = (): Promise<Keyring> => (shared.__chatelaineKeyring ?? openShared()).opening;

/** Lets the ring of this process, if it is open, follow what was done to the data keys elsewhere. */
export async function followDataKeys(): Promise<void> {
  await shared.__chatelaineKeyring?.ring?.refresh();
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
  let renewing = false;

  /** @returns the kid whose uses were counted. */
  async function count(tx: DbOrTx, uses: number): Promise<string> {
    let kid = ring.active.enc; // kept apart: the ring may be replaced while we wait
    let counted = await countUses(tx, kid, uses);
    if (counted === undefined) {
      ring = await refreshDataKeys(tx, keks, ring); // another process may have made a newer key active
      kid = ring.active.enc;
      counted = await countUses(tx, kid, uses);
    }
    if (counted === undefined) throw usedUp();
    if (counted >= RENEW_AT_USES) renewSoon(kid);
    return kid;
  }

  /** Beside the caller: its transaction holds the row that is renewed, and must not wait for the renewal in turn. */
  function renewSoon(kid: string): void {
    if (renewing || isTransaction(db)) return;
    renewing = true;
    renewDataKey(db, keks, kid)
      .then(
        (made) => made && log.info("a data key was renewed", { kid: made }),
        (error) => log.error("a data key could not be renewed", { kid, err: error }),
      )
      .finally(() => {
        renewing = false;
      });
  }

  function openStored(stored: string, context: SealContext): string {
    return orUndecryptable(() => {
      const sealed = parseSealedText(stored);
      if (sealed.version === "v0") return openPlainForm(sealed, acceptPlainForm ? keks.plainFormKeys : []);
      return openText(sealed, keyFor(ring, "enc", sealed.kid), rowAad(sealed.kid, context));
    });
  }

  return {
    async seal(text, context, tx = db) {
      const kid = await count(tx, 1);
      return { text: sealText(text, keyFor(ring, "enc", kid), rowAad(kid, context)), kid };
    },
    open: openStored,
    async reload(stored) {
      const kid = kidOf(stored);
      if (kid === undefined || ring.keys.has(kid)) return false;
      ring = await refreshDataKeys(db, keks, ring);
      return ring.keys.has(kid);
    },
    async refresh() {
      ring = await refreshDataKeys(db, keks, ring);
    },
    async activeKid() {
      ring = await refreshDataKeys(db, keks, ring);
      return ring.active.enc;
    },
    async renew() {
      if (isTransaction(db)) throw new Error("a data key is not renewed inside a transaction");
      ring = await refreshDataKeys(db, keks, ring);
      await renewDataKey(db, keks, ring.active.enc);
      ring = await refreshDataKeys(db, keks, ring);
      return ring.active.enc;
    },
    reserve: (uses) => count(db, uses),
    reseal(stored, context, kid) {
      const text = openStored(stored, context);
      const [key, place] = [keyFor(ring, "enc", kid), rowAad(kid, context)];
      const sealed = sealText(text, key, place);
      const isSame = orUndecryptable(() => openText(parseSealedText(sealed), key, place)) === text;
      if (!isSame) throw new UndecryptableError();
      return sealed;
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
      const used = await usedKids(db);
      const isLacking = (kid: string) => ring.keys.get(kid)?.purpose !== "enc";
      if (used.some(isLacking)) ring = await refreshDataKeys(db, keks, ring);
      const lacking = used.filter(isLacking);
      return await Promise.all(
        lacking.map(async (kid) => {
          const { stored, replaced } = await rowsUnder(db, kid);
          return { kid, rows: stored + replaced };
        }),
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

/** @returns the uses so far; undefined when the key may not be used so often: no longer active, or used up. */
async function countUses(tx: DbOrTx, kid: string, uses: number): Promise<number | undefined> {
  const [counted] = await tx
    .update(dataKeys)
    .set({ uses: sql`${dataKeys.uses} + ${uses}` })
    .where(and(eq(dataKeys.kid, kid), eq(dataKeys.state, "active"), lte(dataKeys.uses, MAX_USES - uses)))
    .returning({ uses: dataKeys.uses });
  return counted?.uses;
}

/** The data key that a text of the v1 form names. */
function kidOf(stored: string): string | undefined {
  try {
    const sealed = parseSealedText(stored);
    return sealed.version === "v1" ? sealed.kid : undefined;
  } catch {
    return undefined; // it names none
  }
}

const isTransaction = (db: DbOrTx): db is Tx => is(db, PgTransaction);

const usedUp = () =>
  new AppError(
    "internal",
    "Your key was not saved and nothing was charged: this site's encryption key has been used as often as is safe. Tell the operator to renew the data key.",
  );
