import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { noteCheck } from "@/lib/keys/note-check";
import type { KeyInfo } from "@/lib/providers/openrouter-key";
import { testDatabase } from "../../support/database";
import { makeUser } from "../../support/people";
import { audited, plainInfo, rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const usage = { total: "3", daily: "1", weekly: "2", monthly: "3" };

async function check(info: Partial<KeyInfo>, { state = "active", forgiveCredit = false } = {}) {
  const { id } = await makeUser(db);
  const { apiKey, row } = await storeKey(id);
  await tamper(db, id, { state: state as "active" });
  const key = { userId: id, provider: "openrouter", keyId: row.id, keySetAt: row.keySetAt, apiKey } as const;
  await noteCheck({ ...key, check: { status: "valid", info: { ...plainInfo, ...info } }, forgiveCredit });
  return { id, apiKey, stored: await rawKey(db, id) };
}

it("stores limits, usage, tier and label", async () => {
  const { stored } = await check({
    limit: "10",
    limitRemaining: "7.5",
    limitReset: "monthly",
    usage,
    isFreeTier: true,
    label: "laptop",
  });
  expect(stored).toMatchObject({
    creditsLimit: "10",
    creditsRemaining: "7.5",
    limitReset: "monthly",
    usage,
    isFreeTier: true,
    keyLabel: "laptop",
    state: "active",
  });
});

it.each(["invalid", "expired", "limit_reached", "undecryptable"])("a good key with state %s heals", async (state) => {
  expect((await check({}, { state })).stored?.state).toBe("active");
});

it("a check cannot see credit, so out_of_credit goes only when the user asked for the check", async () => {
  const state = "out_of_credit";
  expect((await check({}, { state })).stored?.state).toBe(state);
  expect((await check({}, { state, forgiveCredit: true })).stored?.state).toBe("active");
});

it("a key that has reached its cap is marked and that is audited", async () => {
  const { id, stored } = await check({ limit: "5", limitRemaining: "0" });
  expect(stored?.state).toBe("limit_reached");
  expect(await audited(db, id)).toEqual(["openrouter_connected", "key_rejected"]);
});

it("a key whose time is over is marked", async () => {
  expect((await check({ expiresAt: new Date(Date.now() - 1000) })).stored?.state).toBe("expired");
});

it("what a check of an old key brought is not written on a new one", async () => {
  const { id } = await makeUser(db);
  const { apiKey, row } = await storeKey(id);
  await tamper(db, id, { keySetAt: sql`now() + interval '1 second'` as unknown as Date });
  const key = { userId: id, provider: "openrouter", keyId: row.id, keySetAt: row.keySetAt, apiKey } as const;
  await noteCheck({
    ...key,
    check: { status: "valid", info: { ...plainInfo, limit: "5", limitRemaining: "0" } },
    forgiveCredit: true,
  });
  expect(await rawKey(db, id)).toMatchObject({ state: "active", creditsLimit: null });
});
