import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { CryptoError, open, seal } from "@/lib/crypto";

const key = createSecretKey(randomBytes(32));
const nonce = randomBytes(12);
const [plaintext, aad] = [Buffer.from("sk-or-v1-abc"), Buffer.from("row 1")];
const { ciphertext, tag } = seal(key, nonce, plaintext, aad);

it("opens what it sealed, without touching what it was given", () => {
  expect(open(key, nonce, ciphertext, tag, aad)).toEqual(plaintext);
  expect(plaintext.toString()).toBe("sk-or-v1-abc");
});

it("S4 takes no tag but one of 16 bytes", () => {
  for (const length of [...Array(16).keys(), 17, 32]) {
    const cut = Buffer.concat([tag, tag]).subarray(0, length);
    expect(() => open(key, nonce, ciphertext, cut, aad), `${length} bytes`).toThrow(CryptoError);
  }
});

it.each([0, 8, 11, 13, 16, 128])("takes no nonce of %i bytes", (length) => {
  expect(() => seal(key, randomBytes(length), plaintext, aad)).toThrow(CryptoError);
  expect(() => open(key, randomBytes(length), ciphertext, tag, aad)).toThrow(CryptoError);
});

it("takes no key but a secret one of 32 bytes", () => {
  const others = [1, 16, 24, 31, 33].map((length) => createSecretKey(randomBytes(length)));
  for (const other of [...others, generateKeyPairSync("ed25519").privateKey]) {
    expect(() => seal(other, nonce, plaintext, aad)).toThrow(CryptoError);
    expect(() => open(other, nonce, ciphertext, tag, aad)).toThrow(CryptoError);
  }
});

it("fails alike for a wrong key, a wrong AAD and a flipped bit, and says nothing of the plaintext", () => {
  const flipped = Buffer.from(ciphertext);
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  const failures = [
    () => open(createSecretKey(randomBytes(32)), nonce, ciphertext, tag, aad),
    () => open(key, nonce, ciphertext, tag, Buffer.from("row 2")),
    () => open(key, nonce, flipped, tag, aad),
    () => open(key, nonce, ciphertext, tag.subarray(0, 4), aad),
  ].map((run) => {
    try {
      return run();
    } catch (error) {
      return JSON.stringify(
        error,
        Object.getOwnPropertyNames(error).filter((name) => name !== "stack"),
      );
    }
  });
  expect(new Set(failures)).toEqual(new Set(['{"message":"cannot open","code":"crypto_failed","name":"CryptoError"}']));
});
