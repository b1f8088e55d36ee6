import { sql } from "drizzle-orm";
import { afterEach, expect, it, vi } from "vitest";
import type { Connection } from "@/lib/db/client";
import { rateLimits } from "@/lib/db/schema";
import { consume, forgive } from "@/lib/rate-limit/consume";
import { type PolicyName, policies } from "@/lib/rate-limit/policies";
import { testDatabase } from "../../support/database";
import { setTestEnv } from "../../support/env";

const db = await testDatabase();
const times = <T>(count: number, work: () => Promise<T>) => Promise.allSettled(Array.from({ length: count }, work));
const passed = (results: PromiseSettledResult<unknown>[]) =>
  results.filter(({ status }) => status === "fulfilled").length;

afterEach(() => setTestEnv());

it("lets exactly 10 of 40 parallel calls through at a limit of 10", async () => {
  const results = await times(40, () => consume("login_account", "parallel@example.org"));
  expect(passed(results)).toBe(10);
});

it("tells what is left of the limit, down to nothing", async () => {
  const left: unknown[] = [];
  for (let call = 0; call < 11; call++) {
    const allowance = await consume("login_account", "left@example.org").catch((error) => error.allowance);
    expect(allowance.limit).toBe(10);
    expect(allowance.resetSeconds).toBeGreaterThan(890);
    expect(allowance.resetSeconds).toBeLessThanOrEqual(900);
    left.push(allowance.remaining);
  }
  expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]);
});

it.each([
  ["connect", 10, 3600],
  ["test_key", 10, 60],
  ["save_key", 20, 3600],
  ["delete_key", 20, 3600],
  ["login_account", 10, 900],
  ["council", 10, 60],
  ["export", 10, 3600],
] as const)("bounds %s to %i calls in %i seconds", (name, limit, windowSeconds) => {
  expect(policies[name]).toMatchObject({ limit, windowSeconds });
});

it("says how long to wait, no longer than the window", async () => {
  await times(10, () => consume("login_account", "wait@example.org"));
  const refusal = await consume("login_account", "wait@example.org").catch((error) => error);
  expect(refusal).toMatchObject({ code: "rate_limited", message: expect.stringContaining("Try again in 15 minutes") });
  expect(refusal.retryAfterSeconds).toBeGreaterThan(890);
  expect(refusal.retryAfterSeconds).toBeLessThanOrEqual(900);
});

it("counts subjects and policies apart", async () => {
  await times(11, () => consume("login_account", "apart@example.org"));
  await expect(consume("login_account", "other@example.org")).resolves.toMatchObject({ remaining: 9 });
  await expect(consume("connect", "apart@example.org")).resolves.toMatchObject({ remaining: 9 });
});

it("starts anew when the window has ended", async () => {
  await times(11, () => consume("login_account", "window@example.org"));
  await db.update(rateLimits).set({ resetsAt: sql`now()` });
  expect(passed(await times(11, () => consume("login_account", "window@example.org")))).toBe(10);
});

it("does not prolong a window by calls in it", async () => {
  await consume("connect", "steady");
  const find = () => db.select().from(rateLimits).where(sql`${rateLimits.key} like 'connect:%'`);
  const before = await find();
  await times(3, () => consume("connect", "steady"));
  expect((await find()).map((row) => row.resetsAt)).toEqual(before.map((row) => row.resetsAt));
});

it("multiplies limits by RATE_LIMIT_FACTOR, and never down to nothing", async () => {
  setTestEnv({ RATE_LIMIT_FACTOR: "1.5" });
  expect(passed(await times(20, () => consume("login_account", "factor@example.org")))).toBe(15);
  setTestEnv({ RATE_LIMIT_FACTOR: "0.001" });
  expect(passed(await times(5, () => consume("login_account", "tiny@example.org")))).toBe(1);
});

it("forgets what it counted when asked to", async () => {
  await times(11, () => consume("login_account", "forgiven@example.org"));
  await forgive("login_account", "forgiven@example.org");
  await expect(consume("login_account", "forgiven@example.org")).resolves.toMatchObject({ remaining: 9 });
});

it("stores no address that could be read or guessed back", async () => {
  await consume("login_address", "203.0.113.99");
  const keys = (await db.select().from(rateLimits)).map((row) => row.key);
  expect(keys.join()).not.toContain("203.0.113.99");
  setTestEnv(); // another secret, another key
  await consume("login_address", "203.0.113.99");
  expect(await db.select().from(rateLimits)).toHaveLength(keys.length + 1);
});

it("clears ended windows away beside later calls", async () => {
  await consume("connect", "long ago");
  await db.update(rateLimits).set({ resetsAt: sql`now() - interval '1 hour'` });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  await consume("connect", "now");
  vi.useRealTimers();
  await vi.waitFor(async () => expect(await db.select().from(rateLimits)).toHaveLength(1));
});

it("closes everything but what is paid at the provider, and the lock, while the database is down, and keeps a smaller limit for those", async () => {
  const shared = globalThis as { __chatelaineDb?: Promise<Connection> };
  const open = shared.__chatelaineDb;
  shared.__chatelaineDb = Promise.reject(new Error("connection refused"));
  shared.__chatelaineDb.catch(() => {});
  try {
    for (const policy of Object.keys(policies) as PolicyName[]) {
      const limit = { chat: 10, council: 2, lock_account: 10, attach: 20, program: 30 }[policy as string];
      const results = await times(40, () => consume(policy, "down"));
      expect(passed(results), policy).toBe(limit ?? 0);
      const refusal = limit ? { code: "rate_limited" } : { message: "connection refused" };
      expect(results.at(-1), policy).toMatchObject({ reason: refusal });
    }
  } finally {
    shared.__chatelaineDb = open;
  }
});
