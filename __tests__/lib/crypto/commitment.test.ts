import * as nodeCrypto from "node:crypto";
import { createSecretKey, randomBytes } from "node:crypto";
import { expect, it, vi } from "vitest";
import { twoKeyCiphertext } from "@/__tests__/support/two-key-ciphertext";
import { aad, CryptoError, formatSealedText, keyId, open, openText, parseSealedText } from "@/lib/crypto";

vi.mock("node:crypto", { spy: true }); // counts the calls; everything still runs

const keys = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))] as const;
const [kid, otherKid] = [keyId(keys[0]), keyId(keys[1])];
const bound = aad("v1", kid, "user_api_keys.encrypted_key", "row", "user", "openrouter", "https://openrouter.ai");
const crafted = twoKeyCiphertext([...keys], bound);

it("S10 the crafted ciphertext opens under two keys in AES-GCM itself, to two different texts", () => {
  const { nonce, ciphertext, tag } = crafted;
  const texts = keys.map((key) => open(key, nonce, ciphertext, tag, bound).toString("latin1"));
  expect(texts[0]).not.toBe(texts[1]);
  for (const text of texts) expect(text).toMatch(/^[\0-\x7f]{20}$/);
});

it("S10 a stored text that opens under two keys opens with the one it names, in one attempt, and never with the other", () => {
  const attempts = vi.mocked(nodeCrypto.createDecipheriv);
  const stored = parseSealedText(formatSealedText({ version: "v1", kid, ...crafted }));
  attempts.mockClear();
  expect(openText(stored, keys[0], bound)).toHaveLength(20);
  expect(attempts).toHaveBeenCalledTimes(1);
  expect(() => openText(stored, keys[1], bound)).toThrow(CryptoError);
  expect(attempts).toHaveBeenCalledTimes(1);
});

it("S10 the same ciphertext renamed to the other key opens with neither", () => {
  const renamed = parseSealedText(formatSealedText({ version: "v1", kid: otherKid, ...crafted }));
  const boundToOther = aad(
    "v1",
    otherKid,
    "user_api_keys.encrypted_key",
    "row",
    "user",
    "openrouter",
    "https://openrouter.ai",
  );
  for (const key of keys) expect(() => openText(renamed, key, boundToOther)).toThrow(CryptoError);
});
