import { setTimeout as wait } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, it, vi } from "vitest";
import { userApiKeys, users } from "@/lib/db/schema";
import { recheckKeys } from "@/lib/keys/recheck-keys";
import { log } from "@/lib/log";
import type { KeyCheckResult } from "@/lib/providers/check-key";
import { testDatabase } from "../../support/database";
import { makeUser } from "../../support/people";
import { audited, plainInfo, rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const fromNow = (interval: string) => sql.raw(`now() + interval '${interval}'`) as unknown as Date;
const valid: KeyCheckResult = { status: "valid", message: "OpenAI accepts this key.", keyState: "active" };
beforeEach(() => db.delete(users));

/** Somebody whose key is due. */
async function due(
  change: Partial<typeof userApiKeys.$inferInsert> = {},
  provider: "openai" | "openrouter" = "openai",
) {
  const { id } = await makeUser(db);
  const { apiKey } = await storeKey(id, { provider });
  await tamper(db, id, { nextCheckAt: fromNow("-1 second"), ...change });
  return { id, apiKey };
}

/** Recheck with these answers, and the keys that were asked about. */
async function recheck(answer: KeyCheckResult | ((apiKey: string) => KeyCheckResult) = valid) {
  const asked: string[] = [];
  const ask = async ({ apiKey }: { apiKey: string }) => {
    asked.push(apiKey);
    return typeof answer === "function" ? answer(apiKey) : answer;
  };
  expect(await recheckKeys({ ask })).toBe(asked.length);
  return asked;
}

const hoursUntilNext = async (id: string) => {
  const [row] = await db
    .select({ hours: sql<number>`(extract(epoch from ${userApiKeys.nextCheckAt} - now()) / 3600)::float8` })
    .from(userApiKeys)
    .where(eq(userApiKeys.userId, id));
  return row?.hours ?? Number.NaN;
};

it("asks about every key that is due, once, and about no other", async () => {
  const people = await Promise.all(Array.from({ length: 12 }, () => due()));
  await due({ nextCheckAt: fromNow("1 minute") });
  expect((await recheck()).sort()).toEqual(people.map(({ apiKey }) => apiKey).sort());
  expect(await recheck()).toEqual([]);
});

it("asks again about a day later, spread over hours", async () => {
  const people = await Promise.all(Array.from({ length: 10 }, () => due()));
  await recheck();
  const hours = await Promise.all(people.map(({ id }) => hoursUntilNext(id)));
  expect(Math.min(...hours)).toBeGreaterThan(19.9);
  expect(Math.max(...hours)).toBeLessThan(28.1);
  expect(new Set(hours.map((hour) => hour.toFixed(2))).size).toBeGreaterThan(5);
});

it("never asks about a deactivated key, nor about one that nobody has used for 30 days", async () => {
  await due({ encryptedKey: null, encryptionKeyId: null, state: "inactive" });
  const unused = await due({ keySetAt: fromNow("-40 days"), lastUsedAt: fromNow("-31 days") });
  const used = await due({ keySetAt: fromNow("-40 days"), lastUsedAt: fromNow("-29 days") });
  expect(await recheck()).toEqual([used.apiKey]);
  expect(await hoursUntilNext(unused.id)).toBeGreaterThan(24);
});

it("stores that a key was refused, and tells its owner's log", async () => {
  const { id } = await due();
  await recheck({ status: "invalid", message: "", keyState: "invalid" });
  expect(await rawKey(db, id, "openai")).toMatchObject({ state: "invalid" });
  expect(await audited(db, id)).toEqual(["openrouter_connected", "key_rejected"]);
});

it("stores what a key may still spend, and that it is restricted", async () => {
  const { id } = await due({}, "openrouter");
  await recheck({ ...valid, status: "restricted", info: { ...plainInfo, limit: "10", limitRemaining: "0.5" } });
  expect(await rawKey(db, id)).toMatchObject({
    creditsRemaining: "0.5",
    creditsLimit: "10",
    checkStatus: "restricted",
  });
});

it("a provider that is down changes no state, and is asked again soon, then later and later", async () => {
  vi.spyOn(log, "warn").mockImplementation(() => {});
  const unchecked: KeyCheckResult = { status: "unchecked", message: "", reason: "unreachable" };
  const { id } = await due({ state: "limit_reached" });
  const before = await rawKey(db, id, "openai");
  const hours: number[] = [];
  for (const verified of ["-1 day", "-2 days", "-10 days"]) {
    await tamper(db, id, { lastVerifiedAt: fromNow(verified), nextCheckAt: fromNow("-1 second") });
    await recheck(unchecked);
    hours.push(await hoursUntilNext(id));
  }
  expect(hours[0]).toBeLessThan(0.7);
  expect(hours[1]).toBeGreaterThan(9);
  expect(Math.max(...hours)).toBeLessThan(14.5);
  const { lastVerifiedAt: _l, nextCheckAt: _n, ...after } = (await rawKey(db, id, "openai")) ?? {};
  expect(before).toMatchObject(after);
  expect(await audited(db, id)).toEqual(["openrouter_connected"]);
});

it("waits as long as the provider asks", async () => {
  vi.spyOn(log, "warn").mockImplementation(() => {});
  const { id } = await due();
  await recheck({ status: "unchecked", message: "", reason: "rate_limited", retryAfterSeconds: 3 * 3600 });
  expect(await hoursUntilNext(id)).toBeGreaterThan(2.9);
});

it("out of credit stays until the owner asks: a free call cannot see credit", async () => {
  const { id } = await due({ state: "out_of_credit" });
  await recheck();
  expect(await rawKey(db, id, "openai")).toMatchObject({ state: "out_of_credit" });
});

it("a key that does not open is marked, asked about nowhere, and left until tomorrow; others are not held up", async () => {
  vi.spyOn(log, "error").mockImplementation(() => {});
  const broken = await due();
  const row = await rawKey(db, broken.id, "openai");
  await tamper(db, broken.id, { encryptedKey: `${row?.encryptedKey?.slice(0, -6)}AAAA==` });
  const fine = await due();
  expect(await recheckKeys({ ask: async () => valid })).toBe(2);
  expect(await rawKey(db, broken.id, "openai")).toMatchObject({ state: "undecryptable" });
  expect(await hoursUntilNext(broken.id)).toBeGreaterThan(19);
  expect(await hoursUntilNext(fine.id)).toBeGreaterThan(19);
});

it("many instances at once ask about each key once, and no instance about more than two at a time", async () => {
  const people = await Promise.all(Array.from({ length: 20 }, () => due()));
  const asked: string[] = [];
  let worst = 0;
  const instance = () => {
    let underWay = 0;
    return recheckKeys({
      ask: async ({ apiKey }) => {
        worst = Math.max(worst, ++underWay);
        asked.push(apiKey);
        await wait(5);
        underWay -= 1;
        return valid;
      },
    });
  };
  await Promise.all([instance(), instance(), instance(), instance()]);
  expect(asked.sort()).toEqual(people.map(({ apiKey }) => apiKey).sort());
  expect(worst).toBe(2);
});

it("a key replaced while the old one is asked about keeps its own state", async () => {
  const { id } = await due();
  await recheckKeys({
    ask: async () => {
      await storeKey(id, { provider: "openai" });
      return { status: "invalid", message: "", keyState: "invalid" };
    },
  });
  expect(await rawKey(db, id, "openai")).toMatchObject({ state: "active" });
});
