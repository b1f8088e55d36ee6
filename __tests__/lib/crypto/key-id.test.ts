import { createSecretKey } from "node:crypto";
import { expect, it } from "vitest";
import { isKeyId, keyId } from "@/lib/crypto";

it("names a key as the frozen format says, and every key differently", () => {
  // The figure was computed with Python's hmac module: HKDF extract and expand written out.
  expect(keyId(createSecretKey(Buffer.alloc(32, 7)))).toBe("tIlc_j9VlR5fT9QxeGA1Fw");
  const ids = Array.from({ length: 256 }, (_, byte) => keyId(createSecretKey(Buffer.alloc(32, byte))));
  expect(new Set(ids).size).toBe(256);
  expect(ids.every(isKeyId)).toBe(true);
});

it("takes no other spelling of a key id", () => {
  const id = keyId(createSecretKey(Buffer.alloc(32, 7)));
  const twin = id.slice(0, -1) + String.fromCharCode(id.charCodeAt(21) + 1); // same 16 bytes, spare bits set
  const others = ["", id.slice(1), `${id}A`, `${id}==`, ` ${id.slice(1)}`, `${id}\n`, `+${id.slice(1)}`, twin];
  expect(others.filter(isKeyId)).toEqual([]);
});
