import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

/** HKDF-SHA-256 (RFC 5869), with an empty salt unless one is given. `info` names the use, so that keys of different uses differ. */
export function hkdf(
  key: KeyObject,
  info: string | Uint8Array,
  lengthBytes: number,
  salt: Uint8Array = Buffer.alloc(0),
): Buffer {
  return Buffer.from(hkdfSync("sha256", key, salt, info, lengthBytes));
}

/** A 32-byte key for one use, derived from another key. */
export function deriveKey(key: KeyObject, info: string): KeyObject {
  const bytes = hkdf(key, info, 32);
  try {
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** HMAC-SHA-256, 32 bytes (RFC 2104). */
export const hmac = (key: KeyObject, data: string | Uint8Array): Buffer =>
  createHmac("sha256", key).update(data).digest();
