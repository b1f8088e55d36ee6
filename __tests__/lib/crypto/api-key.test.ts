import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { setTestEnv, testEnv } from "@/__tests__/support/env";
import { aad, CryptoError, decryptApiKey, encryptApiKey, sealText } from "@/lib/crypto";

const bytes = randomBytes(32);
setTestEnv({ ENCRYPTION_KEY: bytes.toString("base64") });
const API_KEY = `sk-or-v1-${"0123456789abcdef".repeat(4)}`;

it("writes iv:authTag:ciphertext under ENCRYPTION_KEY, which any AES-256-GCM tool reads", () => {
  const stored = encryptApiKey(API_KEY);
  expect(stored).toMatch(/^[\w+/]{16}:[\w+/]{22}==:[\w+/]+={0,2}$/);
  expect(stored).toHaveLength(142);
  const [iv, tag, text] = stored.split(":").map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer, Buffer];
  const decipher = createDecipheriv("aes-256-gcm", bytes, iv, { authTagLength: 16 }).setAuthTag(tag);
  expect(decipher.update(text, undefined, "utf8") + decipher.final("utf8")).toBe(API_KEY);
});

it("reads what another AES-256-GCM tool wrote in that form", () => {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", bytes, iv);
  const text = Buffer.concat([cipher.update(API_KEY), cipher.final()]);
  const stored = [iv, cipher.getAuthTag(), text].map((part) => part.toString("base64")).join(":");
  expect(decryptApiKey(stored)).toBe(API_KEY);
});

it("gives every text of 1 to 8192 bytes back unchanged, and takes no other", () => {
  for (const text of ["x", "é".repeat(4096), "\ufeffx\0\r\n", "😀", "a".repeat(8192)])
    expect(decryptApiKey(encryptApiKey(text))).toBe(text);
  for (const text of ["", "a".repeat(8193), "é".repeat(4097), "\ud800"])
    expect(() => encryptApiKey(text)).toThrow(CryptoError);
});

it("opens neither under another key, nor the form that names its key, nor bytes that are no text", () => {
  const other = createSecretKey(randomBytes(32));
  expect(() => decryptApiKey(encryptApiKey(API_KEY), other)).toThrow(CryptoError);
  expect(() => decryptApiKey(sealText(API_KEY, createSecretKey(bytes), aad()))).toThrow(CryptoError);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", bytes, iv);
  const text = Buffer.concat([cipher.update(Buffer.from([0xff, 0xfe])), cipher.final()]);
  const stored = [iv, cipher.getAuthTag(), text].map((part) => part.toString("base64")).join(":");
  expect(() => decryptApiKey(stored)).toThrow(CryptoError);
});

it("says so when the key is in a file, instead of using none", () => {
  const file = testEnv({ ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: "/nowhere" });
  expect(file.ENCRYPTION_KEY).toBeUndefined();
  setTestEnv({ ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: "/nowhere" });
  expect(() => encryptApiKey(API_KEY)).toThrow(/ENCRYPTION_KEY/);
});
