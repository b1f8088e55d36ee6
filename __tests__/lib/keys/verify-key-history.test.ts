import { and, eq } from "drizzle-orm";
import { expect, it, vi } from "vitest";
import { auditEvents, replacedKeys, userApiKeys } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { sealContext } from "@/lib/keys/open-key";
import { removeKey } from "@/lib/keys/remove-key";
import { undoReplace } from "@/lib/keys/undo-replace";
import { verifyKeyHistory } from "@/lib/keys/verify-key-history";
import { log } from "@/lib/log";
import { testDatabase } from "../../support/database";
import { newKey } from "../../support/openrouter-upstream";
import { makeUser } from "../../support/people";
import { rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const check = async (userId: string) => (await verifyKeyHistory(db, userId)).faults.map(({ kind }) => kind);
const restore = (row: typeof userApiKeys.$inferSelect) => db.insert(userApiKeys).values(row);

it("finds nothing wrong with keys saved, replaced and saved again", async () => {
  const { id } = await makeUser(db);
  const { apiKey } = await storeKey(id);
  await storeKey(id);
  await storeKey(id, { apiKey });
  await storeKey(id, { provider: "openai" });
  expect(await verifyKeyHistory(db, id)).toEqual({ keys: 2, faults: [] });
});

it("S72 notices an older row put back, whole or its ciphertext alone", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  const older = await rawKey(db, id);
  await storeKey(id);
  const newer = await rawKey(db, id);
  if (!older || !newer) throw new Error("no key was stored");
  const { encryptedKey, encryptionKeyId, keyHash } = older;
  await tamper(db, id, { encryptedKey, encryptionKeyId });
  expect(await check(id)).toEqual(["differs"]);
  await tamper(db, id, { encryptedKey, encryptionKeyId, keyHash });
  expect(await check(id)).toEqual(["differs"]);
  await tamper(db, id, { encryptedKey: newer.encryptedKey, encryptionKeyId: newer.encryptionKeyId });
  expect(await check(id)).toEqual(["differs"]);
  await tamper(db, id, { keyHash: newer.keyHash });
  expect(await check(id)).toEqual([]);
});

it("S72 notices a key that is back after its removal", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  const row = await rawKey(db, id);
  await removeKey({ userId: id, provider: "openrouter" });
  expect(await check(id)).toEqual([]);
  if (row) await restore(row);
  expect(await check(id)).toEqual(["removed"]);
});

it("S72 notices a key that no event tells of", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  await db.delete(auditEvents).where(eq(auditEvents.userId, id));
  expect(await check(id)).toEqual(["unrecorded"]);
  await tamper(db, id, { keyHash: null });
  expect(await check(id)).toEqual([]); // as a row of the plain form from before there was a log
});

it("S72 notices another key in the place of the one that undoing would put back", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  const oldest = await rawKey(db, id);
  const { apiKey } = await storeKey(id);
  await storeKey(id); // replaces the second
  expect(await check(id)).toEqual([]);
  await storeKey(id, { apiKey: newKey() });
  await storeKey(id, { apiKey }); // back and forth is in order
  expect(await check(id)).toEqual([]);
  const replaced = eq(replacedKeys.userId, id);
  await db
    .update(replacedKeys)
    .set({ encryptedKey: oldest?.encryptedKey ?? "" })
    .where(replaced);
  expect(await check(id)).toEqual(["replaced"]);
  await db.update(replacedKeys).set({ keyHash: oldest?.keyHash }).where(replaced);
  expect(await check(id)).toEqual(["replaced"]);
  const before = await rawKey(db, id);
  const told = vi.spyOn(log, "error").mockImplementation(() => {});
  await expect(undoReplace({ userId: id, provider: "openrouter" })).rejects.toMatchObject({ code: "conflict" });
  expect(told).toHaveBeenCalledOnce();
  expect(await rawKey(db, id)).toEqual(before);
});

it("S72 finds nothing wrong with a replaced key after undoing and replacing once more", async () => {
  const { id } = await makeUser(db);
  const first = await storeKey(id);
  await storeKey(id);
  await undoReplace({ userId: id, provider: "openrouter" });
  await storeKey(id);
  await storeKey(id, { apiKey: first.apiKey });
  expect(await verifyKeyHistory(db, id)).toEqual({ keys: 1, faults: [] });
});

it("notices a hash that was taken away", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  await tamper(db, id, { keyHash: null });
  expect(await check(id)).toEqual(["differs"]);
});

it("takes a key sealed anew under another data key or nonce for the same", async () => {
  const { id } = await makeUser(db);
  const { apiKey, row } = await storeKey(id);
  const ring = await keyring();
  const sealed = await ring.seal(apiKey, sealContext({ id: row.id, userId: id, provider: "openrouter" }), db);
  await tamper(db, id, { encryptedKey: sealed.text, encryptionKeyId: sealed.kid });
  expect(await check(id)).toEqual([]);
});

it("compares by the hash alone what does not open, and names whose key it is among all", async () => {
  const [ada, ben] = [await makeUser(db), await makeUser(db)];
  await storeKey(ada.id);
  await storeKey(ben.id, { apiKey: newKey() });
  const other = await rawKey(db, ada.id);
  await tamper(db, ben.id, { encryptedKey: other?.encryptedKey ?? null });
  expect(await check(ben.id)).toEqual([]);
  await db
    .update(userApiKeys)
    .set({ keyHash: other?.keyHash ?? null })
    .where(and(eq(userApiKeys.userId, ben.id), eq(userApiKeys.provider, "openrouter")));
  const { faults } = await verifyKeyHistory(db);
  expect(faults).toContainEqual({ userId: ben.id, provider: "openrouter", kind: "differs" });
  expect(faults.map(({ userId }) => userId)).not.toContain(ada.id);
});
