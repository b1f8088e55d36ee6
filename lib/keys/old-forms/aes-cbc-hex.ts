import { createDecipheriv, scryptSync } from "node:crypto";
import { decode, derivedOnce, NotOpened, type OpenOldForm, openOrRefuse } from "./old-form";

const KEY_BYTES = 32;

/**
 * AES-256-CBC under scrypt of a secret, as `iv:cipher` in hex, with scrypt's cost as Node has it when none is given
 * (N = 16384, r = 8, p = 1). It carries no proof that the secret is right: one wrong secret in 256 gives rubbish, so the
 * caller must look whether the result is a key.
 *
 * @param salt as text
 */
export function aesCbcHex({ secret, salt }: { secret: string; salt: string }): OpenOldForm {
  const keyFor = derivedOnce((bytes) => scryptSync(secret, bytes, KEY_BYTES));
  return (stored) => {
    const [, iv, ciphertext] = /^([0-9a-f]{32}):((?:[0-9a-f]{32})+)$/i.exec(stored) ?? [];
    if (iv === undefined || ciphertext === undefined) throw new NotOpened("is not iv:cipher in hex");
    return openOrRefuse(() => {
      const decipher = createDecipheriv("aes-256-cbc", keyFor(Buffer.from(salt, "utf8")), decode(iv, "hex"));
      return Buffer.concat([decipher.update(decode(ciphertext, "hex")), decipher.final()]);
    });
  };
}
