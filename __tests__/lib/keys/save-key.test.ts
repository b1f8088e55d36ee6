import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { userApiKeys } from "@/lib/db/schema";
import { findKey } from "@/lib/keys/find-key";
import { listKeys } from "@/lib/keys/list-keys";
import { saveKey } from "@/lib/keys/save-key";
import { withStoredKey } from "@/lib/keys/with-key";
import { testDatabase } from "../../support/database";
import { newKey } from "../../support/openrouter-upstream";
import { makeUser } from "../../support/people";
import { audited, dump, expectNoTrace, plainInfo, rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const read = (userId: string) => withStoredKey({ userId, provider: "openrouter" }, async (apiKey) => apiKey);

it("stores a key so that it can be used again, and audits that", async () => {
  const { id } = await makeUser(db);
  const { apiKey } = await storeKey(id);
  expect(await read(id)).toBe(apiKey);
  expect(await audited(db, id)).toEqual(["openrouter_connected"]);
});

it("stores the v1 form whose key id stands in its own column", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  const row = await rawKey(db, id);
  expect(row?.encryptedKey).toMatch(/^v1:[\w-]{22}:[\w+/]{16}:[\w+/]{22}==:[\w+/]+=*$/);
  expect(row?.encryptionKeyId).toBe(row?.encryptedKey?.split(":")[1]);
});

it("leaves no part of a key in any table but for its last 4 characters", async () => {
  const { id } = await makeUser(db);
  const apiKey = newKey();
  await storeKey(id, { apiKey, info: { label: `${apiKey.slice(0, 12)}...${apiKey.slice(-4)}` } });
  expect(await rawKey(db, id)).toMatchObject({ keyHint: apiKey.slice(-4), keyLabel: null });
  expectNoTrace(await dump(db), apiKey);
});

it("replaces a key under the same row id, and dates it anew", async () => {
  const { id } = await makeUser(db);
  const first = await storeKey(id);
  await tamper(db, id, { keySetAt: sql`now() - interval '1 day'` as unknown as Date, usageCount: 7 });
  const dayOld = await rawKey(db, id);
  const second = await storeKey(id);
  expect(second.row.id).toBe(first.row.id);
  expect(second.row.keySetAt.getTime()).toBeGreaterThan(dayOld?.keySetAt.getTime() ?? Number.POSITIVE_INFINITY);
  expect(await read(id)).toBe(second.apiKey);
});

it("keeps the date of a key that is saved again, and seals it freshly", async () => {
  const { id } = await makeUser(db);
  const { apiKey } = await storeKey(id);
  await tamper(db, id, { keySetAt: sql`now() - interval '1 day'` as unknown as Date, state: "invalid" });
  const before = await rawKey(db, id);
  await storeKey(id, { apiKey });
  const after = await rawKey(db, id);
  expect(after?.keySetAt).toEqual(before?.keySetAt);
  expect(after?.keyHash).toBe(before?.keyHash);
  expect(after?.encryptedKey).not.toBe(before?.encryptedKey);
  expect(after?.state).toBe("active");
});

it.each([
  ["without a cap", {}, "active"],
  ["with something left", { limit: "10", limitRemaining: "0.01" }, "active"],
  ["with nothing left", { limit: "10", limitRemaining: "0" }, "limit_reached"],
  ["overdrawn", { limit: "10", limitRemaining: "-0.2" }, "limit_reached"],
  ["that has expired", { expiresAt: new Date(Date.now() - 1000) }, "expired"],
  ["that will expire", { expiresAt: new Date(Date.now() + 60_000) }, "active"],
] as const)("a key %s is stored with the state that says so", async (_what, info, state) => {
  const { id } = await makeUser(db);
  const { row } = await storeKey(id, { info });
  expect(row.state).toBe(state);
});

it("keeps one key a provider, side by side", async () => {
  const { id } = await makeUser(db);
  const a = await storeKey(id, { provider: "openai" });
  const b = await storeKey(id, { provider: "openrouter" });
  expect((await listKeys(id)).map((key) => [key.provider, key.id])).toEqual([
    ["openai", a.row.id],
    ["openrouter", b.row.id],
  ]);
});

it("ten savings of one user at once leave one row that opens, and one event each", async () => {
  const { id } = await makeUser(db);
  const keys = Array.from({ length: 10 }, newKey);
  await Promise.all(keys.map((apiKey) => storeKey(id, { apiKey })));
  expect(await listKeys(id)).toHaveLength(1);
  expect(keys).toContain(await read(id));
  expect(await audited(db, id)).toHaveLength(10);
});

it("what runs alongside and fails undoes saving and event: the old key goes on working", async () => {
  const { id } = await makeUser(db);
  const { apiKey } = await storeKey(id);
  const before = await rawKey(db, id);
  const failing = saveKey({
    userId: id,
    provider: "openrouter",
    apiKey: newKey(),
    info: plainInfo,
    action: "openrouter_connected",
    alongside: async () => Promise.reject(new Error("session ended")),
  });
  await expect(failing).rejects.toThrow("session ended");
  expect(await rawKey(db, id)).toEqual(before);
  expect(await read(id)).toBe(apiKey);
  expect(await audited(db, id)).toEqual(["openrouter_connected"]);
});

it("a database that refuses never gets to say the key, not even in the error it throws", async () => {
  const apiKey = newKey();
  const error = await storeKey("00000000-0000-4000-8000-000000000000", { apiKey }).catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(Error);
  const { message, stack, cause } = error as Error;
  expectNoTrace(JSON.stringify([message, stack, cause, Object.entries(error as object)]) + String(cause), apiKey);
});

it("what is known of a key carries neither ciphertext nor hash", async () => {
  const { id } = await makeUser(db);
  const { row } = await storeKey(id);
  const found = await findKey({ userId: id, provider: "openrouter" });
  for (const key of [row, found, ...(await listKeys(id))]) {
    expect(Object.keys(key ?? {})).toEqual(expect.arrayContaining(["id", "state", "keyHint"]));
    expect(JSON.stringify(key)).not.toMatch(/v1:|h1:/);
  }
});

it("shows a key past its expiry as expired before anybody has noticed", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  await db.update(userApiKeys).set({ expiresAt: sql`now() - interval '1 second'` });
  expect(await findKey({ userId: id, provider: "openrouter" })).toMatchObject({ state: "expired" });
});
