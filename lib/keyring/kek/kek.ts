import type { KeyObject } from "node:crypto";
import { formatSealedText, freshNonce, keyId, open, parseSealedText, seal } from "@/lib/crypto";

/** A key encryption key: it wraps data keys and nothing else. Where it lives is its own affair. */
export type Kek = {
  /** Stored beside what it wrapped: at most 200 characters, no comma. Known without asking anybody. */
  readonly id: string;
  /**
   * @param dataKey 32 bytes.
   * @param aad bound to the wrapped key; unwrap needs the same bytes.
   * @throws KeyStoreAwayError, EnvError as `unwrap`.
   */
  wrap(dataKey: Uint8Array, aad: Uint8Array): Promise<string>;
  /**
   * @returns bytes that are the caller's alone, who wipes them.
   * @throws CryptoError "cannot open" when the text is not of this key, was altered, or belongs to another `aad`;
   *   KeyStoreAwayError when the key store does not answer, or not as it should: a later call may succeed; EnvError when
   *   it refuses us.
   */
  unwrap(wrapped: string, aad: Uint8Array): Promise<Buffer>;
};

export type KekRing = {
  /** Wraps new data keys. */
  readonly primary: Kek;
  /** The primary and earlier ones, which only unwrap. */
  readonly all: Kek[];
  /** The keys themselves where we hold them, for rows of the plain form, which were sealed under them directly. */
  readonly plainFormKeys: KeyObject[];
};

/** A KEK whose 32 bytes we hold. Its id is its key id; the wrapped form is `iv:authTag:ciphertext`. */
export function localKek(key: KeyObject): Kek {
  return {
    id: keyId(key),
    wrap: async (dataKey, aad) => {
      const nonce = freshNonce();
      return formatSealedText({ version: "v0", nonce, ...seal(key, nonce, dataKey, aad) });
    },
    unwrap: async (wrapped, aad) => {
      const { nonce, ciphertext, tag } = parseSealedText(wrapped);
      return open(key, nonce, ciphertext, tag, aad);
    },
  };
}

/** @param keys the newest first. */
export const localKekRing = (keys: [KeyObject, ...KeyObject[]]): KekRing => kekRing([], () => keys, []);

/**
 * What wraps comes first: a key store's, then keys that we hold, then earlier ones of key stores.
 *
 * @param keys asked each time: another array means that they have changed.
 */
export function kekRing(stores: Kek[], keys: () => KeyObject[], earlier: Kek[]): KekRing {
  let [known, all]: [KeyObject[] | undefined, Kek[]] = [undefined, []];
  const read = () => {
    if (known !== keys()) {
      known = keys();
      all = [...stores, ...known.map(localKek), ...earlier];
    }
    return all;
  };
  return {
    get primary() {
      return read()[0] as Kek; // the environment names at least one
    },
    get all() {
      return read();
    },
    get plainFormKeys() {
      return keys();
    },
  };
}
