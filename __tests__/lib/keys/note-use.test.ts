import { sql } from "drizzle-orm";
import { expect, it, vi } from "vitest";
import { keyUseDays } from "@/lib/db/schema";
import { listUses } from "@/lib/keys/list-uses";
import { noteUse, writeUses } from "@/lib/keys/note-use";
import { removeKey } from "@/lib/keys/remove-key";
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

it("counts uses of many people's keys in one statement, each on its own key and on its day", async () => {
  const people = await Promise.all(Array.from({ length: 5 }, () => makeUser(db)));
  const keys = await Promise.all(
    people.map(({ id }, n) => storeKey(id, { provider: n % 2 ? "openai" : "openrouter" })),
  );
  const statements = vi.spyOn(db, "execute");
  people.forEach(({ id }, n) => {
    for (let use = 0; use <= n; use++) noteUse({ userId: id, keyId: keys[n]?.row.id ?? "" });
  });
  await writeUses();
  expect(statements).toHaveBeenCalledOnce();
  for (const [n, { id }] of people.entries()) {
    const uses = await listUses({ userId: id, provider: n % 2 ? "openai" : "openrouter" });
    expect(uses).toMatchObject({
      usageCount: n + 1,
      byDay: [{ day: new Date().toISOString().slice(0, 10), count: n + 1 }],
    });
  }
});

it("adds to the day, shows 90 of them without zeros, and takes them away with the key", async () => {
  const { id } = await makeUser(db);
  const { row } = await storeKey(id);
  const owner = { userId: id, provider: "openrouter" } as const;
  const dayAgo = (days: number) => sql`(now() at time zone 'UTC')::date - ${days}::int` as unknown as string;
  for (const days of [1, 89, 90]) await db.insert(keyUseDays).values({ ...owner, day: dayAgo(days), uses: days });
  for (let n = 0; n < 2; n++) {
    noteUse({ userId: id, keyId: row.id });
    await writeUses();
  }
  expect((await listUses(owner)).byDay.map(({ count }) => count)).toEqual([89, 1, 2]);
  await removeKey(owner);
  noteUse({ userId: id, keyId: row.id }); // an answer that ends after the key is gone
  await writeUses();
  await storeKey(id);
  expect(await listUses(owner)).toMatchObject({ usageCount: 0, byDay: [] });
});
