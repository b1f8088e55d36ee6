import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";

export const KEY_BYTES = 32;
/** 96 bits, the size GCM is specified around (NIST SP 800-38D, section 5.2.1.1). */
export const NONCE_BYTES = 12;
/** 128 bits. Node takes tags of 4 bytes unless told otherwise, and a forgery would then cost 2^32 tries. */
export const TAG_BYTES = 16;

const ALGORITHM = "aes-256-gcm";
const OPTIONS = { authTagLength: TAG_BYTES };

/**
 * The one failure of this room. A wrong key, wrong AAD, flipped bit and malformed text are not told apart, so that
 * nobody learns from the difference; neither key nor plaintext enters it.
 */
export class CryptoError extends Error {
  readonly code = "crypto_failed";

  constructor(message: "cannot open" | "cannot seal") {
    super(message);
    this.name = "CryptoError";
  }
}

/**
 * Encrypts with AES-256-GCM. Use `sealText` for anything that is stored; it draws the nonce.
 *
 * @param key 32 bytes. A KeyObject, because Node takes five times as long with a Buffer.
 * @param nonce 12 bytes, never used twice under one key.
 * @param aad Bytes bound to the ciphertext but not stored in it; `open` needs the same.
 * @returns ciphertext (as long as the plaintext) and tag (16 bytes).
 * @throws CryptoError when key or nonce have another size.
 */
export function seal(
  key: KeyObject,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): { ciphertext: Buffer; tag: Buffer } {
  if (!isKey(key) || nonce.length !== NONCE_BYTES) throw new CryptoError("cannot seal");
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS).setAAD(aad);
  const ciphertext = cipher.update(plaintext); // all of it: GCM holds no partial block back
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/**
 * Decrypts what `seal` made.
 *
 * @param tag Exactly 16 bytes; shorter ones are refused before the cipher sees them.
 * @throws CryptoError "cannot open", whatever is wrong.
 */
export function open(
  key: KeyObject,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
  aad: Uint8Array,
): Buffer {
  if (!isKey(key) || nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw new CryptoError("cannot open");
  const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS).setAAD(aad).setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch {
    plaintext.fill(0); // not authenticated: nobody may see it
    throw new CryptoError("cannot open");
  }
  return plaintext;
}

const isKey = (key: KeyObject) => key.type === "secret" && key.symmetricKeySize === KEY_BYTES;
