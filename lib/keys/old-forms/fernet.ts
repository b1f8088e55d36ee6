import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { decode, NotOpened, type OpenOldForm, openOrRefuse, WRONG_SECRET } from "./old-form";

const KEY_BYTES = 32;
const HEAD_BYTES = 9; // version 0x80, then a time in 8 bytes
const IV_BYTES = 16;
const MAC_BYTES = 32;

/**
 * Fernet tokens (github.com/fernet/spec): AES-128-CBC and HMAC-SHA-256 under the halves of one key. Their age does not
 * matter here.
 *
 * @param secret url-safe base64 of 32 bytes
 * @throws NotOpened when the secret is no Fernet key
 */
export function fernet({ secret }: { secret: string }): OpenOldForm {
  const key = decode(secret.trim(), "base64");
  if (key.length !== KEY_BYTES) throw new NotOpened("is no Fernet key: it must be 32 bytes in url-safe base64");
  const [macKey, cipherKey] = [key.subarray(0, 16), key.subarray(16)];

  return (stored) => {
    const token = decode(stored, "base64");
    const signed = token.subarray(0, -MAC_BYTES);
    if (token[0] !== 0x80 || signed.length < HEAD_BYTES + IV_BYTES + 16) throw new NotOpened("is no Fernet token");
    const mac = createHmac("sha256", macKey).update(signed).digest();
    if (!timingSafeEqual(mac, token.subarray(-MAC_BYTES))) throw new NotOpened(WRONG_SECRET);
    return openOrRefuse(() => {
      const iv = signed.subarray(HEAD_BYTES, HEAD_BYTES + IV_BYTES);
      const decipher = createDecipheriv("aes-128-cbc", cipherKey, iv);
      return Buffer.concat([decipher.update(signed.subarray(HEAD_BYTES + IV_BYTES)), decipher.final()]);
    });
  };
}
