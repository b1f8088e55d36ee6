import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { aad, CryptoError, KEY_BYTES, keyId } from "@/lib/crypto";
import type { Kek } from "./kek/kek";

/** enc seals rows, mac makes key hashes, audit makes the audit chain. */
export type Purpose = "enc" | "mac" | "audit";
/** As it lies in ai.data_keys. */
export type WrappedDataKey = { kid: string; purpose: Purpose; wrapped: string; kekId: string };

const wrapAad = ({ kid, purpose, kekId }: Omit<WrappedDataKey, "wrapped">) => aad("dek", kid, purpose, kekId);

/** Draws 32 random bytes and wraps them; the key itself is left to be read back by `unwrapDataKey`. */
export async function newDataKey(purpose: Purpose, kek: Kek): Promise<WrappedDataKey> {
  const bytes = randomBytes(KEY_BYTES);
  try {
    return await wrapDataKey(bytes, purpose, kek);
  } finally {
    bytes.fill(0);
  }
}

/** @param bytes 32 bytes, the data key. Its id, purpose and KEK are bound to the wrapped form. */
export async function wrapDataKey(bytes: Buffer, purpose: Purpose, kek: Kek): Promise<WrappedDataKey> {
  const name = { kid: keyId(createSecretKey(bytes)), purpose, kekId: kek.id };
  return { ...name, wrapped: await kek.wrap(bytes, wrapAad(name)) };
}

/**
 * Unwraps a stored data key and checks that it is the one its row names.
 *
 * @throws CryptoError when the row was altered, or the KEK is another one.
 */
export async function unwrapDataKey(row: WrappedDataKey, kek: Kek): Promise<KeyObject> {
  const bytes = await kek.unwrap(row.wrapped, wrapAad(row));
  try {
    const key = createSecretKey(bytes);
    if (bytes.length !== KEY_BYTES || keyId(key) !== row.kid) throw new CryptoError("cannot open");
    return key;
  } finally {
    bytes.fill(0);
  }
}
