import { createSecretKey, randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { keyId } from "@/lib/crypto";
import { dataKeys } from "@/lib/db/schema";
import { newDataKey } from "@/lib/keyring/data-key";
import { localKekRing } from "@/lib/keyring/kek/kek";
import { loadDataKeys } from "@/lib/keyring/load-data-keys";

const db = await testDatabase();
beforeEach(async () => {
  await db.delete(dataKeys);
});
const newKey = () => createSecretKey(randomBytes(32));
const stored = () => db.select().from(dataKeys).orderBy(dataKeys.kid);

it("gives a new database one active key of each purpose, however many processes start at once", async () => {
  const key = newKey();
  const rings = await Promise.all(Array.from({ length: 12 }, () => loadDataKeys(db, localKekRing([key]))));
  expect((await stored()).map(({ purpose, state }) => `${purpose} ${state}`).sort()).toEqual([
    "audit active",
    "enc active",
    "mac active",
  ]);
  expect(new Set(rings.map(({ active }) => JSON.stringify(active))).size).toBe(1);
  const bytes = rings.map(({ keys, active }) => keys.get(active.enc)?.key.export().toString("hex"));
  expect(new Set(bytes).size).toBe(1);
});

it("makes only what is lacking, and leaves what is there as it is", async () => {
  const keks = localKekRing([newKey()]);
  await loadDataKeys(db, keks);
  await db.delete(dataKeys).where(eq(dataKeys.purpose, "mac"));
  const kept = await stored();
  await loadDataKeys(db, keks);
  const now = await stored();
  expect(now).toHaveLength(3);
  expect(now).toEqual(expect.arrayContaining(kept));
});

it("opens a database under the earlier key after ENCRYPTION_KEY has changed, and wraps new keys with the newest", async () => {
  const [earlier, current] = [newKey(), newKey()];
  const before = await loadDataKeys(db, localKekRing([earlier]));
  await db.delete(dataKeys).where(eq(dataKeys.purpose, "audit"));
  const after = await loadDataKeys(db, localKekRing([current, earlier]));
  expect(after.active.enc).toBe(before.active.enc);
  expect((await stored()).find(({ purpose }) => purpose === "audit")?.kekId).toBe(keyId(current));
});

it("S12 refuses a database of another key, names both keys and the mend, and writes nothing", async () => {
  const [right, wrong] = [newKey(), newKey()];
  await loadDataKeys(db, localKekRing([right]));
  await db.delete(dataKeys).where(eq(dataKeys.purpose, "mac")); // something to make, were it not refused
  const before = await stored();
  const refusal = await loadDataKeys(db, localKekRing([wrong])).catch((error: Error) => error);
  expect(refusal).toMatchObject({ name: "EnvError" });
  const { message } = refusal as Error;
  for (const part of [keyId(right), keyId(wrong), "ENCRYPTION_KEY_PREVIOUS", "DATABASE_URL"])
    expect(message).toContain(part);
  expect(await stored()).toEqual(before);
});

it("S12 one of two processes with different keys that start on a new database refuses, instead of both writing", async () => {
  const starts = await Promise.allSettled([newKey(), newKey()].map((key) => loadDataKeys(db, localKekRing([key]))));
  expect(starts.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(new Set((await stored()).map(({ kekId }) => kekId)).size).toBe(1);
});

it.each([
  ["purpose", { purpose: "mac" as const, state: "decrypt" as const }],
  ["name", { kid: "AAAAAAAAAAAAAAAAAAAAAA" }],
  ["wrapped key", { wrapped: "AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA==:AAAA" }],
  ["wrapped key, emptied", { wrapped: "" }],
])("S13 refuses a data key whose %s was altered in the database", async (_, change) => {
  const keks = localKekRing([newKey()]);
  await loadDataKeys(db, keks);
  await db.update(dataKeys).set(change).where(eq(dataKeys.purpose, "enc"));
  await expect(loadDataKeys(db, keks)).rejects.toThrow(/was altered.*backup/);
});

it("S13 refuses two data keys whose wrapped forms were exchanged", async () => {
  const keks = localKekRing([newKey()]);
  await loadDataKeys(db, keks);
  const [one, other] = await stored();
  await db
    .update(dataKeys)
    .set({ wrapped: other?.wrapped })
    .where(eq(dataKeys.kid, one?.kid ?? ""));
  await expect(loadDataKeys(db, keks)).rejects.toThrow(/was altered/);
});

it("does not ask for the key of a data key that is disabled", async () => {
  const [current, gone] = [localKekRing([newKey()]), localKekRing([newKey()])];
  await loadDataKeys(db, current);
  await db.insert(dataKeys).values({ ...(await newDataKey("enc", gone.primary)), state: "disabled" });
  expect((await loadDataKeys(db, current)).keys.size).toBe(3);
});
