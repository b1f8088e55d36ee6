import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { encryptApiKey } from "@/lib/crypto";
import { userApiKeys } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { keyStatistics, unusedKeys } from "@/lib/keys/key-statistics";
import { verifyKeys } from "@/lib/keys/verify-keys";
import { testDatabase } from "../../support/database";
import { type StoredKey, storeKeys } from "../../support/many-keys";
import { dump, rawKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const people = await storeKeys(db, 500, { plain: 20 });

it("S18 finds exactly the 5 corrupt rows among 500, whatever is wrong with them, and writes nothing", async () => {
  const [one, two, three, four, five, giver] = people.slice(100) as StoredKey[] as [StoredKey, ...StoredKey[]];
  const text = async (of?: StoredKey) => (await rawKey(db, of?.userId ?? ""))?.encryptedKey ?? "";
  const damage: [StoredKey | undefined, string, string | null][] = [
    [one, (await text(one)).replace(/.$/, (last) => (last === "=" ? "A" : "=")), null],
    [two, await text(giver), null],
    [three, `v1:${"A".repeat(22)}:${(await text(three)).slice(26)}`, "A".repeat(22)],
    [four, "junk", null],
    [
      five,
      encryptApiKey("sk-or-v1-stranger", env().ENCRYPTION_KEY).replace(/^./, (c) => (c === "A" ? "B" : "A")),
      null,
    ],
  ];
  for (const [victim, encryptedKey, kid] of damage) {
    const encryptionKeyId = kid ?? (encryptedKey.startsWith("v1:") ? (encryptedKey.split(":")[1] ?? "") : null);
    await tamper(db, victim?.userId ?? "", { encryptedKey, encryptionKeyId });
  }
  const before = await dump(db);
  const told: number[] = [];
  const found = await verifyKeys((rows) => told.push(rows));
  expect(await dump(db)).toBe(before);
  expect(found).toMatchObject({ rows: 500, plainForm: 20 });
  const planted = [one, two, three, four, five].map((victim) => victim?.keyId).sort();
  expect(found.undecryptable.map(({ keyId }) => keyId).sort()).toEqual(planted);
  expect(told.at(-1)).toBe(500);
});

it("counts stored keys by data key, provider and state, and those that cannot be read", async () => {
  const { keys, dataKeys, missing, keks } = await keyStatistics();
  const [active] = dataKeys.filter(({ purpose, state }) => purpose === "enc" && state === "active");
  expect(keks).toEqual([active?.kekId]);
  const rowsOf = (kid: string | null | undefined) =>
    keys.filter((row) => row.kid === kid).reduce((sum, { rows }) => sum + rows, 0);
  expect(rowsOf(null)).toBe(22);
  expect(rowsOf(active?.kid)).toBe(active?.rows);
  expect(keys.reduce((sum, { rows }) => sum + rows, 0)).toBe(500);
  expect(missing).toEqual([{ kid: "A".repeat(22), rows: 1 }]);
});

it("names the keys that nobody has used for so many days, and never those that have just been set", async () => {
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
  const [used, forgotten, never] = people.slice(200) as [StoredKey, StoredKey, StoredKey];
  await tamper(db, used.userId, { keySetAt: ago(100), lastUsedAt: ago(5) });
  await tamper(db, forgotten.userId, { keySetAt: ago(100), lastUsedAt: ago(40) });
  await tamper(db, never.userId, { keySetAt: ago(60) });
  expect((await unusedKeys(30)).map(({ keyId }) => keyId)).toEqual([never.keyId, forgotten.keyId]);
  expect((await unusedKeys(50)).map(({ keyId }) => keyId)).toEqual([never.keyId]);
  expect(await keyStatistics()).toMatchObject({ unused: 2, overdue: 2 });
  await db
    .update(userApiKeys)
    .set({ lastUsedAt: ago(0) })
    .where(eq(userApiKeys.userId, never.userId));
  expect((await unusedKeys(30)).map(({ keyId }) => keyId)).toEqual([forgotten.keyId]);
});
