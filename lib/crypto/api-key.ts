import type { KeyObject } from "node:crypto";
import { EnvError, env } from "@/lib/env";
import { CryptoError } from "./aead";
import { openText, parseSealedText, sealPlainForm } from "./sealed-text";

/**
 * Encrypts an API key in the plain form `iv:authTag:ciphertext` with ENCRYPTION_KEY itself: AES-256-GCM, nonce of 12
 * bytes, tag of 16, standard base64, no AAD. For exchange with other tools; rows of ours are sealed by the keyring,
 * which binds them to their owner.
 *
 * @param text 1 to 8192 bytes of UTF-8.
 * @throws CryptoError when the text is empty, too long or not valid Unicode; EnvError when the key is not in the environment.
 */
export const encryptApiKey = (text: string, key: KeyObject = defaultKey()): string => sealPlainForm(text, key);

/**
 * Decrypts what `encryptApiKey` made.
 *
 * @throws CryptoError for a wrong key, an altered text and any other form alike.
 */
export function decryptApiKey(stored: string, key: KeyObject = defaultKey()): string {
  const sealed = parseSealedText(stored);
  if (sealed.version !== "v0") throw new CryptoError("cannot open");
  return openText(sealed, key);
}

function defaultKey(): KeyObject {
  const key = env().ENCRYPTION_KEY;
  if (!key) throw new EnvError("The plain form needs ENCRYPTION_KEY in the environment; here it is elsewhere.");
  return key;
}
