import { isUtf8 } from "node:buffer";
import type { KeyObject } from "node:crypto";
import { CryptoError, NONCE_BYTES, open, seal, TAG_BYTES } from "./aead";
import { isKeyId, KEY_ID_CHARS, keyId } from "./key-id";
import { freshNonce } from "./nonce";

/** Bounds of a sealed plaintext, in bytes of UTF-8. */
export const MIN_PLAINTEXT_BYTES = 1;
export const MAX_PLAINTEXT_BYTES = 8192;

const base64Chars = (bytes: number) => 4 * Math.ceil(bytes / 3);
const NONCE_CHARS = base64Chars(NONCE_BYTES);
const TAG_CHARS = base64Chars(TAG_BYTES);
const PLAIN_CHARS = NONCE_CHARS + 1 + TAG_CHARS + 1 + base64Chars(MAX_PLAINTEXT_BYTES);
const MAX_CHARS = "v1:".length + KEY_ID_CHARS + 1 + PLAIN_CHARS;

type Parts = { nonce: Uint8Array; tag: Uint8Array; ciphertext: Uint8Array };
/** The parts of a stored text. Only v1 names its key; v0 is the plain form, which any AES-256-GCM tool reads. */
export type SealedText = ({ version: "v0" } & Parts) | ({ version: "v1"; kid: string } & Parts);

/**
 * Reads a stored text (security.md, section 3.1):
 *
 *     v0   <iv>:<authTag>:<ciphertext>             16 : 24 : n characters of base64
 *     v1   v1:<kid>:<iv>:<authTag>:<ciphertext>    kid 22 characters of base64url
 *
 * Each part is decoded, encoded again and compared, so that one stored value has one spelling: `AAA=` and `AAB=`
 * would otherwise decode alike, and url-safe letters, white space and junk would be skipped over.
 *
 * @throws CryptoError for every other text, without looking at more than its length when that is too long.
 */
export function parseSealedText(stored: string): SealedText {
  if (typeof stored !== "string" || stored.length > MAX_CHARS) throw new CryptoError("cannot open");
  const parts = stored.split(":");
  if (parts.length === 3) return { version: "v0", ...parseParts(parts) };
  const [version, kid = "", ...rest] = parts;
  if (parts.length !== 5 || version !== "v1" || !isKeyId(kid)) throw new CryptoError("cannot open");
  return { version, kid, ...parseParts(rest) };
}

function parseParts([iv = "", authTag = "", text = ""]: string[]): Parts {
  if (iv.length !== NONCE_CHARS || authTag.length !== TAG_CHARS) throw new CryptoError("cannot open");
  const [nonce, tag, ciphertext] = [decodeCanonical(iv), decodeCanonical(authTag), decodeCanonical(text)];
  if (ciphertext.length < MIN_PLAINTEXT_BYTES || ciphertext.length > MAX_PLAINTEXT_BYTES)
    throw new CryptoError("cannot open");
  if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw new CryptoError("cannot open");
  return { nonce, tag, ciphertext };
}

function decodeCanonical(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new CryptoError("cannot open");
  return bytes;
}

/** The stored text of these parts: the inverse of `parseSealedText`. */
export function formatSealedText(sealed: SealedText): string {
  const tail = [sealed.nonce, sealed.tag, sealed.ciphertext].map((bytes) => Buffer.from(bytes).toString("base64"));
  return (sealed.version === "v1" ? ["v1", sealed.kid, ...tail] : tail).join(":");
}

/**
 * Seals a text in the v1 form under a fresh nonce; the key's id goes into the text.
 *
 * @param text 1 to 8192 bytes of UTF-8.
 * @param aad Must contain `keyId(key)`; see `aad`.
 * @throws CryptoError when the text is empty, too long or not valid Unicode.
 */
export function sealText(text: string, key: KeyObject, aad: Uint8Array): string {
  return formatSealedText({ version: "v1", kid: keyId(key), ...sealUtf8(text, key, aad) });
}

/** Seals a text in the plain form `iv:authTag:ciphertext`, which names no key. Same bounds as `sealText`. */
export function sealPlainForm(text: string, key: KeyObject, aad: Uint8Array = Buffer.alloc(0)): string {
  return formatSealedText({ version: "v0", ...sealUtf8(text, key, aad) });
}

function sealUtf8(text: string, key: KeyObject, aad: Uint8Array): Parts {
  // A text longer in characters is longer in bytes too: it needs no encoding to be refused.
  if (text.length > MAX_PLAINTEXT_BYTES || !text.isWellFormed()) throw new CryptoError("cannot seal");
  const plaintext = Buffer.from(text, "utf8");
  if (plaintext.length < MIN_PLAINTEXT_BYTES || plaintext.length > MAX_PLAINTEXT_BYTES)
    throw new CryptoError("cannot seal");
  const nonce = freshNonce();
  const sealed = { nonce, ...seal(key, nonce, plaintext, aad) };
  plaintext.fill(0);
  return sealed;
}

/**
 * Opens a parsed text. A v1 text opens only with the key that it names, even where another would fit: AES-GCM alone
 * does not commit to its key, and a text crafted to open under two keys exists (security.md, S10).
 *
 * @throws CryptoError "cannot open", whatever is wrong.
 */
export function openText(sealed: SealedText, key: KeyObject, aad: Uint8Array = Buffer.alloc(0)): string {
  if (sealed.version === "v1" && sealed.kid !== keyId(key)) throw new CryptoError("cannot open");
  const plaintext = open(key, sealed.nonce, sealed.ciphertext, sealed.tag, aad);
  try {
    if (!isUtf8(plaintext)) throw new CryptoError("cannot open");
    return plaintext.toString("utf8");
  } finally {
    plaintext.fill(0); // the string cannot be wiped, but there need not be two copies
  }
}
