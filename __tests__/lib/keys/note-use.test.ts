import { expect, it, vi } from "vitest";
import { noteUse } from "@/lib/keys/note-use";
import { log } from "@/lib/log";
import { testDatabase } from "../../support/database";
import { makeUser } from "../../support/people";
import { rawKey, storeKey } from "../../support/stored-keys";

const db = await testDatabase();

it("counts 20 uses at once without losing one, and dates the last", async () => {
  const { id } = await makeUser(db);
  const { row } = await storeKey(id);
  await Promise.all(Array.from({ length: 20 }, () => noteUse({ userId: id, keyId: row.id })));
  const stored = await rawKey(db, id);
  expect(stored?.usageCount).toBe(20);
  expect(stored?.lastUsedAt).toBeInstanceOf(Date);
});

it("counts nothing on another user's key", async () => {
  const [owner, other] = [await makeUser(db), await makeUser(db)];
  const { row } = await storeKey(owner.id);
  await noteUse({ userId: other.id, keyId: row.id });
  expect(await rawKey(db, owner.id)).toMatchObject({ usageCount: 0, lastUsedAt: null });
});

it("never throws: what cannot be counted is logged", async () => {
  const warned = vi.spyOn(log, "warn").mockImplementation(() => {});
  await noteUse({ userId: "nobody", keyId: "no id" });
  expect(warned).toHaveBeenCalledOnce();
});
