export { aad } from "./aad";
export { CryptoError, KEY_BYTES, NONCE_BYTES, open, seal, TAG_BYTES } from "./aead";
export { decryptApiKey, encryptApiKey } from "./api-key";
export { deriveKey, hkdf, hmac } from "./derive";
export { isKeyId, keyId } from "./key-id";
export { freshNonce } from "./nonce";
export {
  formatSealedText,
  MAX_PLAINTEXT_BYTES,
  openText,
  parseSealedText,
  type SealedText,
  sealPlainForm,
  sealText,
} from "./sealed-text";
