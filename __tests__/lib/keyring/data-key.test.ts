import { createSecretKey, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { keyId } from "@/lib/crypto";
import { newDataKey, type Purpose, unwrapDataKey, wrapDataKey } from "@/lib/keyring/data-key";
import { localKek } from "@/lib/keyring/kek/kek";

const kek = localKek(createSecretKey(randomBytes(32)));

it("unwraps to the key that was wrapped, which has 32 bytes and the id in its row", async () => {
  const bytes = randomBytes(32);
  const row = await wrapDataKey(bytes, "enc", kek);
  const key = await unwrapDataKey(row, kek);
  expect(key.export()).toEqual(bytes);
  expect(row).toMatchObject({ kid: keyId(key), purpose: "enc", kekId: kek.id });
});

it("draws another key each time", async () => {
  const rows = await Promise.all(Array.from({ length: 100 }, () => newDataKey("enc", kek)));
  expect(new Set(rows.map(({ kid }) => kid)).size).toBe(100);
});

it("unwraps under no other key encryption key, id, purpose or kek id", async () => {
  const row = await newDataKey("enc", kek);
  const stranger = localKek(createSecretKey(randomBytes(32)));
  const altered = [
    { ...row, kid: (await newDataKey("enc", kek)).kid },
    { ...row, purpose: "mac" as Purpose },
    { ...row, kekId: stranger.id },
  ];
  for (const one of altered) await expect(unwrapDataKey(one, kek)).rejects.toMatchObject({ name: "CryptoError" });
  await expect(unwrapDataKey(row, stranger)).rejects.toMatchObject({ name: "CryptoError" });
});

it("takes no wrapped key of another length", async () => {
  for (const length of [16, 31, 33]) {
    const row = await wrapDataKey(randomBytes(length), "enc", kek);
    await expect(unwrapDataKey(row, kek)).rejects.toMatchObject({ name: "CryptoError" });
  }
});
