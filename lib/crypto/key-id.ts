import type { KeyObject } from "node:crypto";
import { hkdf } from "./derive";

const KEY_ID_BYTES = 16;
/** base64url of 16 bytes, without padding. */
export const KEY_ID_CHARS = 22;

const known = new WeakMap<KeyObject, string>();

/**
 * The key's name: base64url of the first 16 bytes of HKDF-SHA-256(key, salt "", info "chatelaine/kid/v1"). It says
 * nothing about the key, and two keys with one name cost 2^64 work, so a text that carries it is committed to its key.
 * Computed once a KeyObject, which cannot change.
 */
export function keyId(key: KeyObject): string {
  let kid = known.get(key);
  if (kid === undefined) {
    kid = hkdf(key, "chatelaine/kid/v1", KEY_ID_BYTES).toString("base64url");
    known.set(key, kid);
  }
  return kid;
}

/** Exactly the texts that `keyId` can give: 22 characters that decode to 16 bytes and encode to themselves. */
export const isKeyId = (text: string): boolean =>
  text.length === KEY_ID_CHARS && Buffer.from(text, "base64url").toString("base64url") === text;
