import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { type Callers, startCallers } from "@/__tests__/support/callers";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { hashPassword } from "@/lib/auth/password";
import { requireUser } from "@/lib/auth/require-user";
import { rowsOf } from "@/lib/db/client";
import { rateLimits, users } from "@/lib/db/schema";
import { type PolicyName, policies } from "@/lib/rate-limit/policies";

const db = await testDatabase();
const { templateUrl } = inject("database");
const redisUrl = process.env.TEST_REDIS_URL;
const secrets = {
  NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
  ENCRYPTION_KEY: randomBytes(32).toString("base64"),
};
const PROCESSES = 4;
const CALLS = 100; // of each process at once

async function ownDatabaseUrl(): Promise<string> {
  const [row] = rowsOf<{ name: string }>(await db.execute(sql`select current_database() as name`));
  const url = new URL(String(templateUrl));
  url.pathname = `/${row?.name}`;
  return url.href;
}

const stores = {
  PostgreSQL: {
    isThere: templateUrl !== undefined,
    settings: async () => ({ DATABASE_URL: await ownDatabaseUrl() }),
    endWindow: async () => void (await db.update(rateLimits).set({ resetsAt: sql`now()` })),
  },
  Redis: {
    isThere: redisUrl !== undefined,
    settings: async () => ({ REDIS_URL: String(redisUrl) }),
    async endWindow(policy: string, subject: string) {
      const mac = createHmac("sha256", secrets.NEXTAUTH_SECRET).update(`rate-limit:${policy}:${subject}`);
      const key = `chatelaine:limit:${policy}:${mac.digest("base64url")}`;
      const redis = new Redis(String(redisUrl));
      expect(await redis.pexpire(key, 1)).toBe(1);
      await vi.waitFor(async () => expect(await redis.exists(key)).toBe(0));
      redis.disconnect();
    },
  },
};

describe.each(Object.entries(stores))("S49: four processes on %s", (_, { isThere, settings, endWindow }) => {
  let callers: Callers;
  beforeAll(async () => {
    if (isThere) callers = await startCallers(PROCESSES, { ...secrets, ...(await settings()) });
  });
  afterAll(() => callers?.stop());

  it.skipIf(!isThere).each(Object.keys(policies) as PolicyName[])(
    "let exactly as many of 400 calls or more through as %s allows, and in the next window no more",
    async (policy) => {
      const { limit } = policies[policy];
      const count = Math.max(CALLS, Math.ceil((limit * 1.5) / PROCESSES));
      const expected = { passed: limit, refused: PROCESSES * count - limit };
      const subject = randomUUID();
      const call = { work: "consume", policy, subject, count } as const;
      expect(await callers.each(() => call)).toMatchObject(expected);
      await endWindow(policy, subject);
      expect(await callers.each(() => call)).toMatchObject(expected);
    },
  );
});

describe.each([
  ["PostgreSQL", templateUrl !== undefined, {}],
  ["PostgreSQL and Redis", templateUrl !== undefined && redisUrl !== undefined, { REDIS_URL: String(redisUrl) }],
])("S46: a thousand sign-ins at once, over two instances on %s", (_, isThere, more) => {
  const GUESSES = 1000;
  const start = async (settings: Record<string, string>) =>
    startCallers(2, { ...secrets, ...more, ...settings, DATABASE_URL: await ownDatabaseUrl() });
  const half = <T>(all: T[], process: number) => all.filter((_, n) => n % 2 === process);
  const address = (n: number) => `203.0.${n >> 8}.${n & 255}`;

  it.skipIf(!isThere)(
    "try 10 passwords on one account, whatever the addresses, and its owner stays signed in",
    {
      timeout: 60_000,
    },
    async () => {
      setTestEnv(secrets);
      const owner = await signedIn(db);
      await db.update(users).set({ passwordHash: await hashPassword("correct horse battery") });
      const callers = await start({ TRUST_PROXY: "true" }); // each guess comes from an address of its own
      const guesses = Array.from({ length: GUESSES }, (_, n) => ({ email: owner.email, forwarded: address(n) }));
      const result = await callers.each((process) => ({ work: "guess", guesses: half(guesses, process) }));
      await callers.stop();
      expect(result).toEqual({ passed: 10, refused: GUESSES - 10, tried: 10 });
      expect(await requireUser(apiRequest("/api/preferences", { cookie: owner.cookie }))).toMatchObject({
        id: owner.id,
      });
    },
  );

  it.skipIf(!isThere)(
    "try 60 of a thousand accounts from one address, whatever it says in X-Forwarded-For",
    {
      timeout: 60_000,
    },
    async () => {
      await db.delete(rateLimits);
      const callers = await start({ NEXTAUTH_SECRET: randomBytes(32).toString("base64") });
      const guesses = Array.from({ length: GUESSES }, (_, n) => ({
        email: `a${n}@example.org`,
        forwarded: address(n),
      }));
      const result = await callers.each((process) => ({ work: "guess", guesses: half(guesses, process) }));
      await callers.stop();
      expect(result.tried).toBe(60);
      expect(result.passed).toBeLessThanOrEqual(60); // hashes that find too many waiting are refused as well
      expect(result.passed + result.refused).toBe(GUESSES);
    },
  );
});
