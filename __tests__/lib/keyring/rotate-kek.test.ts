import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { keyId } from "@/lib/crypto";
import { dataKeys } from "@/lib/db/schema";
import { newDataKey } from "@/lib/keyring/data-key";
import { localKekRing } from "@/lib/keyring/kek/kek";
import { loadDataKeys } from "@/lib/keyring/load-data-keys";
import { rotateKek } from "@/lib/keyring/rotate-kek";

const db = await testDatabase();
const newKey = () => createSecretKey(randomBytes(32));
const stored = () => db.select().from(dataKeys).orderBy(dataKeys.kid);
const bytesUnder = async (...keys: [KeyObject, ...KeyObject[]]) => {
  const { keys: ring } = await loadDataKeys(db, localKekRing(keys));
  return [...ring].map(([kid, { purpose, key }]) => `${kid} ${purpose} ${key.export().toString("hex")}`).sort();
};

beforeEach(async () => {
  await db.delete(dataKeys);
});

it("wraps every data key under the new key and changes none of them; the old key then opens nothing", async () => {
  const [old, current] = [newKey(), newKey()];
  const before = await bytesUnder(old);
  const report = await rotateKek({ db, keks: localKekRing([current, old]) });
  expect(report).toEqual({ kekId: keyId(current), dataKeys: 3, rewrapped: 3, left: 0 });
  expect(await bytesUnder(current)).toEqual(before);
  await expect(bytesUnder(old)).rejects.toThrow(keyId(current));
});

it("does nothing the second time", async () => {
  const [old, current] = [newKey(), newKey()];
  await bytesUnder(old);
  await rotateKek({ db, keks: localKekRing([current, old]) });
  const after = await stored();
  expect(await rotateKek({ db, keks: localKekRing([current]) })).toMatchObject({ dataKeys: 3, rewrapped: 0 });
  expect(await stored()).toEqual(after);
});

it("S18 a dry run counts what it would do and writes nothing", async () => {
  const [old, current] = [newKey(), newKey()];
  await bytesUnder(old);
  const before = await stored();
  expect(await rotateKek({ db, keks: localKekRing([current, old]), dryRun: true })).toMatchObject({ rewrapped: 3 });
  expect(await stored()).toEqual(before);
});

it("S16 refuses while one data key is under a key that is not configured, names it, and changes not even the others", async () => {
  const [gone, old, current] = [newKey(), newKey(), newKey()];
  await bytesUnder(old);
  await db.insert(dataKeys).values({ ...(await newDataKey("enc", localKekRing([gone]).primary)), state: "decrypt" });
  const before = await stored();
  const refusal = await rotateKek({ db, keks: localKekRing([current, old]) }).catch((error: Error) => error);
  expect(refusal).toMatchObject({ name: "AppError", code: "conflict" });
  for (const part of ["Nothing was changed", keyId(gone), keyId(current), "ENCRYPTION_KEY_PREVIOUS"])
    expect((refusal as Error).message).toContain(part);
  expect(await stored()).toEqual(before);
});

it("leaves a disabled data key of a lost key as it is, and says that it did", async () => {
  const [gone, old, current] = [newKey(), newKey(), newKey()];
  await bytesUnder(old);
  const dead = await newDataKey("enc", localKekRing([gone]).primary);
  await db.insert(dataKeys).values({ ...dead, state: "disabled" });
  expect(await rotateKek({ db, keks: localKekRing([current, old]) })).toMatchObject({ rewrapped: 3, left: 1 });
  const [row] = await db.select().from(dataKeys).where(eq(dataKeys.kid, dead.kid));
  expect(row).toMatchObject(dead);
});

it("S16 two rotations at once end with everything under one key, and never with half of it", async () => {
  const [old, current] = [newKey(), newKey()];
  const before = await bytesUnder(old);
  const keks = localKekRing([current, old]);
  const ends = await Promise.allSettled([rotateKek({ db, keks }), rotateKek({ db, keks })]);
  expect(ends.some(({ status }) => status === "fulfilled")).toBe(true);
  expect(await bytesUnder(current)).toEqual(before);
});
