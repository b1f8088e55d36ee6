import { eq } from "drizzle-orm";
import { afterEach, expect, it } from "vitest";
import { rateLimits, userApiKeys } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { importKeys } from "@/lib/keys/import-keys";
import { aesCbcHex } from "@/lib/keys/old-forms/aes-cbc-hex";
import type { OpenOldForm } from "@/lib/keys/old-forms/old-form";
import { removeKey } from "@/lib/keys/remove-key";
import { storeKeys } from "@/lib/keys/store-keys";
import { withStoredKey } from "@/lib/keys/with-key";
import { Secret } from "@/lib/secret";
import older from "../../fixtures/older-keys.json";
import { testDatabase } from "../../support/database";
import { newKey } from "../../support/openrouter-upstream";
import { makeUser } from "../../support/people";
import { audited, dump, expectNoTrace, rawKey, storeKey } from "../../support/stored-keys";

const db = await testDatabase();
await keyring(); // data keys are made on first use
const people = new Map<string, string>();
const findAccount = async (user: string) => people.get(user);
const plain: OpenOldForm = (stored) => new Secret(stored);

async function person(): Promise<{ id: string; email: string }> {
  const user = await makeUser(db);
  people.set(user.email, user.id);
  return user;
}
type Row = { user: string; provider?: string; key: string };
const importAll = (rows: Row[], { open = plain, isDryRun = false } = {}) =>
  importKeys({
    rows: rows.map(({ user, provider = "openrouter", key }, at) => ({
      row: at + 1,
      user,
      provider,
      key: new Secret(key),
    })),
    open,
    store: (keys) => storeKeys(keys, { findAccount, isDryRun }),
  });
const tables = async () => JSON.stringify([await dump(db), await db.select().from(rateLimits)]);

afterEach(() => people.clear());

it("stores a key so that its owner can use it, sealed, unchecked and audited", async () => {
  const user = await person();
  const apiKey = newKey();
  const report = await importAll([{ user: user.email, key: apiKey }]);
  expect(report).toEqual({ counts: { imported: 1, unchanged: 0, kept: 0, failed: 0 }, notes: [] });
  await withStoredKey({ userId: user.id, provider: "openrouter" }, async (lent) => expect(lent).toBe(apiKey));
  expect(await rawKey(db, user.id)).toMatchObject({
    state: "active",
    encryptedKey: expect.stringMatching(/^v1:/),
    keyHint: apiKey.slice(-4),
    lastVerifiedAt: null,
    connectedAt: null,
  });
  expect(await audited(db, user.id)).toEqual(["key_saved"]);
  expectNoTrace(JSON.stringify(report) + (await dump(db)), apiKey);
});

it("changes nothing when it runs again, and goes on where it was stopped", async () => {
  const [one, two] = [await person(), await person()];
  const rows = [
    { user: one.email, key: newKey() },
    { user: two.email, key: newKey() },
  ];
  await importAll(rows.slice(0, 1));
  expect((await importAll(rows)).counts).toEqual({ imported: 1, unchanged: 1, kept: 0, failed: 0 });
  const before = await tables();
  expect((await importAll(rows)).counts).toEqual({ imported: 0, unchanged: 2, kept: 0, failed: 0 });
  expect(await tables()).toBe(before);
});

it("writes nothing in a dry run, and says what it would do", async () => {
  const user = await person();
  const before = await tables();
  const rows = [
    { user: user.email, key: newKey() },
    { user: "nobody@example.org", key: newKey() },
  ];
  expect((await importAll(rows, { isDryRun: true })).counts).toEqual({ imported: 1, unchanged: 0, kept: 0, failed: 1 });
  expect(await tables()).toBe(before);
});

it("leaves a newer key alone, also one that its owner saves at the same moment", async () => {
  const user = await person();
  const { apiKey } = await storeKey(user.id);
  const report = await importAll([{ user: user.email, key: newKey() }]);
  expect(report).toMatchObject({ counts: { kept: 1 }, notes: [{ row: 1, outcome: "kept" }] });
  await withStoredKey({ userId: user.id, provider: "openrouter" }, async (lent) => expect(lent).toBe(apiKey));

  await removeKey({ userId: user.id, provider: "openrouter" });
  const [imported, own] = [newKey(), newKey()];
  await Promise.all([importAll([{ user: user.email, key: imported }]), storeKey(user.id, { apiKey: own })]);
  await withStoredKey({ userId: user.id, provider: "openrouter" }, async (lent) => expect(lent).toBe(own));
});

it("never seals a ciphertext again: what is no key of its provider is reported and not stored", async () => {
  const user = await person();
  await storeKey(user.id, { provider: "xai", apiKey: newKey() });
  const sealed = (await rawKey(db, user.id, "xai"))?.encryptedKey ?? "";
  const values = [
    sealed,
    sealed.split(":").slice(2).join(":"),
    older.cbc,
    older.fernet.token,
    JSON.stringify(older.gcmOwnSalt),
    `sk-ant-api03-${"a1".repeat(20)}`,
    "sk-or-short",
    `${newKey()} `.repeat(2),
    "",
  ];
  const { counts, notes } = await importAll(values.map((key) => ({ user: user.email, key })));
  expect(counts).toEqual({ imported: 0, unchanged: 0, kept: 0, failed: values.length });
  expect(notes.every(({ reason }) => reason?.includes("may be encrypted still"))).toBe(true);
  expect(await rawKey(db, user.id)).toBeUndefined();
});

it("opens an older form, reports what does not open, and goes on with the rest", async () => {
  const [one, two] = [await person(), await person()];
  const report = await importAll(
    [
      { user: one.email, key: older.cbc.replace(/.$/, "0") },
      { user: one.email, key: newKey() },
      { user: two.email, key: older.cbc },
    ],
    { open: aesCbcHex({ secret: "an older secret", salt: "salt" }) },
  );
  expect(report.counts).toEqual({ imported: 1, unchanged: 0, kept: 0, failed: 2 });
  expect(report.notes.map(({ row }) => row)).toEqual([1, 2]);
  await withStoredKey({ userId: two.id, provider: "openrouter" }, async (lent) =>
    expect(lent).toBe(`sk-or-v1-${"ab".repeat(32)}`),
  );
  expect(await rawKey(db, one.id)).toBeUndefined();
});

it("reports accounts and providers that are not there, and prints no key that stands in the wrong column", async () => {
  const apiKey = newKey();
  const user = await person();
  const report = await importAll([
    { user: "nobody@example.org", key: newKey() },
    { user: user.email, provider: "aol", key: newKey() },
    { user: apiKey, provider: apiKey, key: user.email },
    { user: apiKey, key: apiKey },
  ]);
  expect(report.notes).toMatchObject([
    { row: 1, user: "nobody@example.org", provider: "openrouter", reason: "has no account here" },
    { row: 2, user: user.email, provider: "unknown" },
    { row: 3, user: "unreadable", provider: "unknown" },
    { row: 4, user: "unreadable", provider: "openrouter" },
  ]);
  expectNoTrace(JSON.stringify(report), apiKey);
});

it("keeps a row each of several providers of one account", async () => {
  const user = await person();
  const rows = [
    { user: user.email, provider: "openrouter", key: newKey() },
    { user: user.email, provider: "openai", key: `sk-proj-${"a1".repeat(20)}` },
    { user: user.email, provider: "anthropic", key: `sk-ant-api03-${"a1".repeat(20)}` },
    { user: user.email, provider: "google", key: `AIza${"a1".repeat(17)}` },
    { user: user.email, provider: "xai", key: `xai-${"a1".repeat(20)}` },
  ];
  expect((await importAll(rows)).counts.imported).toBe(5);
  const stored = await db.select().from(userApiKeys).where(eq(userApiKeys.userId, user.id));
  expect(stored.map(({ provider }) => provider).sort()).toEqual(rows.map(({ provider }) => provider).sort());
});
