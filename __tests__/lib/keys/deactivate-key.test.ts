import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { auditEvents, replacedKeys } from "@/lib/db/schema";
import { deactivateAllKeys, deactivateKey } from "@/lib/keys/deactivate-key";
import { listKeys } from "@/lib/keys/list-keys";
import { verifyKeyHistory } from "@/lib/keys/verify-key-history";
import { withStoredKey } from "@/lib/keys/with-key";
import { testDatabase } from "../../support/database";
import { makeUser } from "../../support/people";
import { audited, rawKey, storeKey } from "../../support/stored-keys";

const db = await testDatabase();

it("all keys of one user go in one step, replaced ones too; nobody else's", async () => {
  const [user, other] = [await makeUser(db), await makeUser(db)];
  for (const provider of ["openrouter", "openai", "xai"] as const) await storeKey(user.id, { provider });
  await storeKey(user.id); // replaces one
  await storeKey(other.id);
  await deactivateKey({ userId: user.id, provider: "xai" });
  expect(await deactivateAllKeys({ userId: user.id, address: "203.0.113.7" })).toEqual(["openai", "openrouter"]);
  expect((await listKeys(user.id)).map(({ state }) => state)).toEqual(["inactive", "inactive", "inactive"]);
  expect(await db.select().from(replacedKeys).where(eq(replacedKeys.userId, user.id))).toEqual([]);
  expect(await rawKey(db, other.id)).toMatchObject({ state: "active" });
  expect((await audited(db, user.id)).slice(-3)).toEqual(["key_removed", "key_removed", "key_removed"]);
  expect(await deactivateAllKeys({ userId: user.id })).toEqual([]);
  await expect(withStoredKey({ userId: user.id, provider: "openai" }, async (k) => k)).rejects.toMatchObject({
    code: "no_key",
  });
});

it("happens or does not happen with the caller's transaction", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  const locking = db.transaction(async (tx) => {
    expect(await deactivateAllKeys({ userId: id }, tx)).toEqual(["openrouter"]);
    throw new Error("the rest failed");
  });
  await expect(locking).rejects.toThrow("the rest failed");
  expect(await rawKey(db, id)).toMatchObject({ state: "active" });
  expect(await audited(db, id)).toEqual(["openrouter_connected"]);
});

it("says in the log what it was, and holds against the history", async () => {
  const { id } = await makeUser(db);
  const { row } = await storeKey(id);
  await deactivateKey({ userId: id, provider: "openrouter" });
  const events = await db.select().from(auditEvents).where(eq(auditEvents.userId, id)).orderBy(auditEvents.seq);
  expect(events.at(-1)).toMatchObject({ action: "key_removed", detail: { keyId: row.id, deactivated: true } });
  expect(await verifyKeyHistory(db, id)).toEqual({ keys: 0, faults: [] });
});
