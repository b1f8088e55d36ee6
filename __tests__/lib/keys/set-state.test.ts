import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { setKeyState } from "@/lib/keys/set-state";
import { testDatabase } from "../../support/database";
import { makeUser } from "../../support/people";
import { audited, rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();

it.each(["invalid", "expired", "limit_reached", "out_of_credit"] as const)(
  "stores a refusal as %s and audits it once",
  async (state) => {
    const { id } = await makeUser(db);
    const { row } = await storeKey(id);
    await tamper(db, id, { lastVerifiedAt: sql`now() - interval '1 day'` as unknown as Date });
    const change = { userId: id, provider: "openrouter", keyId: row.id, keySetAt: row.keySetAt, state } as const;
    await setKeyState(change);
    await setKeyState(change);
    const stored = await rawKey(db, id);
    expect(stored?.state).toBe(state);
    expect(stored?.checkStatus).toBeNull(); // what an earlier check found good holds no longer
    expect(Date.now() - (stored?.lastVerifiedAt?.getTime() ?? 0)).toBeLessThan(60_000);
    expect(await audited(db, id)).toEqual(["openrouter_connected", "key_rejected"]);
  },
);

it("a refusal of a key that was replaced meanwhile does not touch the new one", async () => {
  const { id } = await makeUser(db);
  const old = await storeKey(id);
  await tamper(db, id, { keySetAt: sql`key_set_at - interval '1 minute'` as unknown as Date });
  const before = (await rawKey(db, id))?.keySetAt;
  await storeKey(id);
  const key = { userId: id, provider: "openrouter", keyId: old.row.id } as const;
  await setKeyState({ ...key, keySetAt: before, state: "invalid" });
  expect(await rawKey(db, id)).toMatchObject({ state: "active" });
  expect(await audited(db, id)).toEqual(["openrouter_connected", "openrouter_connected"]);
});

it("touches neither another user's key nor one that is gone", async () => {
  const [owner, other] = [await makeUser(db), await makeUser(db)];
  const { row } = await storeKey(owner.id);
  await setKeyState({ userId: other.id, provider: "openrouter", keyId: row.id, state: "invalid" });
  expect(await rawKey(db, owner.id)).toMatchObject({ state: "active" });
  expect(await audited(db, other.id)).toEqual([]);
});
