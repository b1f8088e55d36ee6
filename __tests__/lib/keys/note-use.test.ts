import { expect, it, vi } from "vitest";
import { noteUse, writeUses } from "@/lib/keys/note-use";
import { log } from "@/lib/log";
import { testDatabase } from "../../support/database";
import { makeUser } from "../../support/people";
import { rawKey, storeKey } from "../../support/stored-keys";

const db = await testDatabase();

it("counts 20 uses at once without losing one, and dates the last", async () => {
  const { id } = await makeUser(db);
  const { row } = await storeKey(id);
  for (let n = 0; n < 20; n++) noteUse({ userId: id, keyId: row.id });
  await writeUses();
  const stored = await rawKey(db, id);
  expect(stored?.usageCount).toBe(20);
  expect(stored?.lastUsedAt).toBeInstanceOf(Date);
});

it("counts by itself, a moment later", async () => {
  const { id } = await makeUser(db);
  const { row } = await storeKey(id);
  noteUse({ userId: id, keyId: row.id });
  await vi.waitFor(async () => expect(await rawKey(db, id)).toMatchObject({ usageCount: 1 }));
});

it("counts nothing on another user's key", async () => {
  const [owner, other] = [await makeUser(db), await makeUser(db)];
  const { row } = await storeKey(owner.id);
  noteUse({ userId: other.id, keyId: row.id });
  await writeUses();
  expect(await rawKey(db, owner.id)).toMatchObject({ usageCount: 0, lastUsedAt: null });
});

it("never throws: what cannot be counted is logged", async () => {
  const warned = vi.spyOn(log, "warn").mockImplementation(() => {});
  noteUse({ userId: "nobody", keyId: "no id" });
  await writeUses();
  expect(warned).toHaveBeenCalledOnce();
});
