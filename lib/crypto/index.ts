export { aad } from "./aad";
export { CryptoError, KEY_BYTES, open, seal } from "./aead";
export { decryptApiKey, encryptApiKey } from "./api-key";
export { deriveKey, hkdf, hmac } from "./derive";
export { isKeyId, keyId } from "./key-id";
export { freshNonce } from "./nonce";
export {
  formatSealedText,
  openText,
  parseSealedText,
  type SealedText,
  sealPlainForm,
  sealText,
} from "./sealed-text";
