import { createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { keyId } from "@/lib/crypto";
import { dataKeys, userApiKeys, users } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { keyringReady } from "@/lib/keyring/status";

const db = await testDatabase();
const key = randomBytes(32).toString("base64");
const place = {
  purpose: "user_api_keys.encrypted_key",
  rowId: randomUUID(),
  provider: "openrouter",
  endpointOrigin: "https://openrouter.ai",
};

/** What a restart does. */
function restart(encryptionKey: string, previous = "") {
  setTestEnv({ ENCRYPTION_KEY: encryptionKey, ENCRYPTION_KEY_PREVIOUS: previous });
  (globalThis as { __chatelaineKeyring?: unknown }).__chatelaineKeyring = undefined;
}

beforeEach(async () => {
  await db.delete(users);
  await db.delete(dataKeys);
  restart(key);
});

async function saveRow() {
  const [user] = await db
    .insert(users)
    .values({ email: `${randomUUID()}@example.org` })
    .returning({ id: users.id });
  const userId = user?.id ?? "";
  const { text, kid } = await (await keyring()).seal("sk-or-v1-abc", { ...place, userId });
  await db.insert(userApiKeys).values({
    id: randomUUID(),
    userId,
    provider: "openrouter",
    encryptedKey: text,
    encryptionKeyId: kid,
    state: "active",
  });
  return { userId, text, kid };
}

it("is ready on a new database and with rows that it can read", async () => {
  expect(await keyringReady()).toBe(true);
  await saveRow();
  expect(await keyringReady()).toBe(true);
});

it("opens one ring a process, also when many ask at once", async () => {
  const rings = await Promise.all(Array.from({ length: 20 }, () => keyring()));
  expect(new Set(rings).size).toBe(1);
});

it("S12 is not ready under a wrong key, says why, and heals when the right one returns", async () => {
  const { userId, text } = await saveRow();
  const wrong = randomBytes(32);
  restart(wrong.toString("base64"));
  expect(await keyringReady()).toBe(false);
  await expect(keyring()).rejects.toThrow(keyId(createSecretKey(wrong)));
  setTestEnv({ ENCRYPTION_KEY: key }); // no restart: a failed opening is not kept
  expect(await keyringReady()).toBe(true);
  expect((await keyring()).open(text, { ...place, userId })).toBe("sk-or-v1-abc");
});

it("reads on after the key has changed, when the earlier one is named", async () => {
  const { userId, text } = await saveRow();
  restart(randomBytes(32).toString("base64"), key);
  expect(await keyringReady()).toBe(true);
  expect((await keyring()).open(text, { ...place, userId })).toBe("sk-or-v1-abc");
});

it("S13 counts the rows whose data key is gone, by key, and is not ready", async () => {
  const [lost] = [await saveRow(), await saveRow(), await saveRow()];
  await db.delete(dataKeys).where(eq(dataKeys.kid, lost.kid));
  restart(key);
  const kept = await saveRow();
  const ring = await keyring();
  expect(kept.kid).not.toBe(lost.kid);
  expect(await ring.missing()).toEqual([{ kid: lost.kid, rows: 3 }]);
  expect(await keyringReady()).toBe(false);
  expect(() => ring.open(lost.text, { ...place, userId: lost.userId })).toThrow(
    expect.objectContaining({ name: "UndecryptableError" }),
  );
});

it("S13 tells a row that names a key of another purpose, or one that is disabled", async () => {
  const row = await saveRow();
  await db.update(dataKeys).set({ state: "disabled" }).where(eq(dataKeys.kid, row.kid));
  restart(key);
  expect(await (await keyring()).missing()).toEqual([{ kid: row.kid, rows: 1 }]);
});

it("opens inside a transaction without waiting for it, and keeps nothing of one that was undone", async () => {
  const undone = db.transaction(async (tx) => {
    const ring = await keyring(tx);
    throw new Error((await ring.seal("x", { ...place, userId: randomUUID() }, tx)).kid);
  });
  const kid = await undone.catch((error: Error) => error.message);
  expect(await db.$count(dataKeys)).toBe(0);
  const { kid: later } = await (await keyring()).seal("x", { ...place, userId: randomUUID() });
  expect(later).toHaveLength(22);
  expect(later).not.toBe(kid);
});

it("opens inside a transaction while the process is opening its ring beside it", async () => {
  const seal = { ...place, userId: randomUUID() };
  const kids = await db.transaction(async (tx) => {
    const beside = keyring();
    const { kid } = await (await keyring(tx)).seal("x", seal, tx);
    return { kid, beside };
  });
  expect((await (await kids.beside).seal("x", seal)).kid).toBe(kids.kid);
});
