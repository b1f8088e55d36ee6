import { Secret } from "@/lib/secret";

/** Opens one stored value of an older system. @throws NotOpened */
export type OpenOldForm = (stored: string) => Secret;

/** A value that cannot be read as what it was declared to be. The message is fixed: nothing of the value enters it. */
export class NotOpened extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotOpened";
  }
}

export const isNotOpened = (error: unknown): error is NotOpened => error instanceof Error && error.name === "NotOpened";

export const WRONG_SECRET = "does not open: wrong secret or parameters, or the value was altered";

/** Runs a decryption whose every failure means the same, and reads the bytes as text. */
export function openOrRefuse(decrypt: () => Buffer): Secret {
  let bytes: Buffer;
  try {
    bytes = decrypt();
  } catch (error) {
    if (isNotOpened(error)) throw error;
    throw new NotOpened(WRONG_SECRET);
  }
  return new Secret(bytes.toString("utf8"));
}

/** Decodes strictly: decoded and encoded again it is the same text, but for padding and the two alphabets of base64. */
export function decode(text: string, encoding: "base64" | "hex"): Buffer {
  const bytes = Buffer.from(text, encoding);
  const plain = (one: string) => one.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  const isSame =
    encoding === "hex"
      ? bytes.toString("hex") === text.toLowerCase()
      : plain(bytes.toString("base64")) === plain(text) && text !== "";
  if (!isSame) throw new NotOpened(`is not ${encoding}`);
  return bytes;
}

/** Derived keys by salt: one derivation takes tens of milliseconds, and most systems used one salt for all rows. */
export function derivedOnce(derive: (salt: Buffer) => Buffer): (salt: Buffer) => Buffer {
  const keys = new Map<string, Buffer>();
  return (salt) => {
    const name = salt.toString("hex");
    const key = keys.get(name) ?? derive(salt);
    keys.set(name, key);
    return key;
  };
}
