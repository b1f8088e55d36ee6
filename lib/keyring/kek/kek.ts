import type { KeyObject } from "node:crypto";
import { formatSealedText, freshNonce, keyId, open, parseSealedText, seal } from "@/lib/crypto";

/** A key encryption key: it wraps data keys and nothing else. Where it lives is its own affair. */
export type Kek = {
  /** Stored beside what it wrapped. */
  readonly id: string;
  /** @param aad bound to the wrapped key; unwrap needs the same bytes. */
  wrap(dataKey: Uint8Array, aad: Uint8Array): Promise<string>;
  /** @throws when the text is not of this key or was altered. */
  unwrap(wrapped: string, aad: Uint8Array): Promise<Buffer>;
};

export type KekRing = {
  /** Wraps new data keys. */
  primary: Kek;
  /** The primary and earlier ones, which only unwrap. */
  all: Kek[];
  /** The keys themselves, for rows of the plain form, which were sealed under them directly. */
  plainFormKeys: KeyObject[];
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
export function localKekRing(keys: [KeyObject, ...KeyObject[]]): KekRing {
  const primary = localKek(keys[0]);
  return { primary, all: [primary, ...keys.slice(1).map(localKek)], plainFormKeys: keys };
}
