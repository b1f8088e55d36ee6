import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { gather, writeGathered } from "@/lib/audit/gather";
import { checkCredentials } from "@/lib/auth/check-credentials";
import { hashPassword, verifyPassword } from "@/lib/auth/password";
import { median } from "@/lib/cli/bench/statistics";
import { users } from "@/lib/db/schema";

const db = await testDatabase();
const ALLOWED = 0.05;
const [FIRST_PAIRS, ALL_PAIRS] = [100, 400];
const email = "ada@example.org";
await db.insert(users).values({ email, passwordHash: await hashPassword("correct horse battery") });

const noLimits = { consume: async () => {}, forgive: async () => {} };
const onWrongPassword = (userId: string) => gather({ userId, action: "sign_in_failed" });

async function signInMs(address: string, verify: typeof verifyPassword): Promise<number> {
  const startedAt = performance.now();
  const input = { email: address, password: "wrong password" };
  const account = await checkCredentials(input, "203.0.113.7", { ...noLimits, onWrongPassword }, verify);
  expect(account).toBeUndefined();
  return performance.now() - startedAt;
}

/**
 * Known and unknown by turns, so that both meet the same noise. Medians within 5 % of 100 pairs will do. Otherwise 300
 * more are taken, once, and it counts as a difference when the medians of all 400 are further apart than that and it is
 * no chance: in so many pairs one side is slower by more than the allowance that a fair coin would show it once in a
 * thousand times.
 */
async function differs(verify: typeof verifyPassword): Promise<boolean> {
  const pairs: [known: number, unknown: number][] = [];
  for (const count of [FIRST_PAIRS, ALL_PAIRS]) {
    while (pairs.length < count) {
      const unknownFirst = pairs.length % 2 ? await signInMs(`${randomUUID()}@example.org`, verify) : undefined;
      const known = await signInMs(email, verify);
      pairs.push([known, unknownFirst ?? (await signInMs(`${randomUUID()}@example.org`, verify))]);
    }
    const [known, unknown] = [median(pairs.map(([ms]) => ms)), median(pairs.map(([, ms]) => ms))];
    if (Math.abs(known / unknown - 1) <= ALLOWED) return false;
  }
  const allowance = ALLOWED * median(pairs.map(([, ms]) => ms));
  const slower = [1, -1].map((sign) => pairs.filter(([known, unknown]) => sign * (known - unknown) > allowance).length);
  return Math.max(...slower) > ALL_PAIRS / 2 + (3.3 * Math.sqrt(ALL_PAIRS)) / 2;
}

it("S47: a refused sign-in takes as long for an account there is as for one there is not", {
  timeout: 120_000,
}, async () => {
  expect(await differs(verifyPassword)).toBe(false);
  await writeGathered();
});

it("would notice if the hash were left out for an address without an account", { timeout: 60_000 }, async () => {
  let known = 0;
  const leaky: typeof verifyPassword = async (password, stored) => {
    if (stored === undefined) return false;
    known += 1;
    // A tenth of what a hash takes is enough to be noticed, and keeps the test short.
    await new Promise((done) => setTimeout(done, 3));
    return password === "right";
  };
  expect(await differs(leaky)).toBe(true);
  expect(known).toBe(ALL_PAIRS);
  await writeGathered();
});
