import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Redis } from "ioredis";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { consume, forgive } from "@/lib/rate-limit/consume";
import { type PolicyName, policies } from "@/lib/rate-limit/policies";
import { closeRedis } from "@/lib/rate-limit/redis";
import { setTestEnv } from "../../support/env";

// No test here opens a database: with REDIS_URL set a decision must not need one.

const realUrl = process.env.TEST_REDIS_URL;
const onRedis = it.skipIf(!realUrl);
const admin = new Redis(realUrl ?? "redis://127.0.0.1:9", { lazyConnect: true });
const whenDown: Partial<Record<PolicyName, number>> = {
  chat: 10,
  program: 30,
  attach: 20,
  council: 2,
  lock_account: 10,
};
const closed = (Object.keys(policies) as PolicyName[]).filter((name) => whenDown[name] === undefined);
const times = <T>(count: number, work: () => Promise<T>) => Promise.allSettled(Array.from({ length: count }, work));
const passed = (results: PromiseSettledResult<unknown>[]) =>
  results.filter(({ status }) => status === "fulfilled").length;
const subject = () => `${randomUUID()}@example.org`;
const useRedis = (url: string, more: Record<string, string> = {}) => setTestEnv({ REDIS_URL: url, ...more });

/** The key that some work has made. Only this file counts preferences in Redis. */
async function keyOf(work: () => Promise<unknown>): Promise<string> {
  const find = () => admin.keys("chatelaine:limit:preferences:*");
  const before = await find();
  await work();
  const [key, ...more] = (await find()).filter((one) => !before.includes(one));
  expect(more).toEqual([]);
  return String(key);
}

afterEach(async () => {
  await closeRedis();
  setTestEnv();
});
afterAll(() => admin.disconnect());

/** A server between us and Redis, to be cut and mended. Without a target it takes calls and never answers. */
async function between(target?: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const other = target && connect(Number(new URL(target).port || 6379), new URL(target).hostname);
    for (const end of other ? [socket, other] : [socket]) {
      sockets.add(end);
      end.on("error", () => {}).on("close", () => sockets.delete(end));
    }
    if (other) socket.pipe(other).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cut = async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    if (server.listening) await once(server, "close");
  };
  return { url: `redis://127.0.0.1:${port}`, cut, mend: () => once(server.listen(port, "127.0.0.1"), "listening") };
}

async function expectDown() {
  const who = subject();
  for (const policy of closed) {
    await expect(consume(policy, "down"), policy).rejects.not.toMatchObject({ name: "AppError" });
  }
  for (const [policy, limit] of Object.entries(whenDown)) {
    const results = await times(40, () => consume(policy as PolicyName, who));
    expect(passed(results), policy).toBe(limit);
    expect(results.at(-1)).toMatchObject({ reason: { code: "rate_limited" } });
  }
}

it("closes everything but answers, councils and the lock while no Redis is there, and keeps a smaller limit for those", async () => {
  const nobody = await between();
  await nobody.cut();
  useRedis(nobody.url);
  const start = Date.now();
  await expectDown();
  expect(Date.now() - start).toBeLessThan(2000);
});

it("does the same for a Redis that takes calls and never answers, and makes nobody wait long", async () => {
  const mute = await between();
  useRedis(mute.url);
  const start = Date.now();
  await expectDown();
  expect(Date.now() - start).toBeLessThan(5000);
  await mute.cut();
});

onRedis("lets exactly 10 of 400 parallel calls through at a limit of 10, and no database is asked", async () => {
  useRedis(String(realUrl));
  const who = subject();
  const results = await times(400, () => consume("login_account", who));
  expect(passed(results)).toBe(10);
  expect(results.filter((one) => one.status === "rejected" && one.reason.code === "rate_limited")).toHaveLength(390);
});

onRedis("tells what is left and when it starts anew; calls in a window do not prolong it", async () => {
  useRedis(String(realUrl));
  const who = subject();
  const key = await keyOf(async () => {
    expect(await consume("preferences", who)).toEqual({ limit: 60, remaining: 59, resetSeconds: 60 });
  });
  await admin.pexpire(key, 30_000);
  expect(await consume("preferences", who)).toEqual({ limit: 60, remaining: 58, resetSeconds: 30 });
  await times(58, () => consume("preferences", who));
  const refusal = await consume("preferences", who).catch((error) => error);
  expect(refusal).toMatchObject({ code: "rate_limited", retryAfterSeconds: 30 });
  await admin.pexpire(key, 1);
  await vi.waitFor(async () => expect(await admin.exists(key)).toBe(0));
  expect(await consume("preferences", who)).toMatchObject({ remaining: 59 });
});

onRedis("gives a count that lost its end a new one instead of blocking for ever", async () => {
  useRedis(String(realUrl));
  const who = subject();
  const key = await keyOf(() => times(61, () => consume("preferences", who)));
  await admin.persist(key);
  expect(await consume("preferences", who).catch((error) => error)).toMatchObject({ retryAfterSeconds: 60 });
  expect(await admin.pttl(key)).toBeGreaterThan(50_000);
});

onRedis("counts subjects apart, multiplies by RATE_LIMIT_FACTOR and forgets when asked to", async () => {
  useRedis(String(realUrl), { RATE_LIMIT_FACTOR: "1.5" });
  const [one, other] = [subject(), subject()];
  expect(passed(await times(20, () => consume("login_account", one)))).toBe(15);
  expect(await consume("login_account", other)).toMatchObject({ limit: 15, remaining: 14 });
  await forgive("login_account", one);
  expect(await consume("login_account", one)).toMatchObject({ remaining: 14 });
});

onRedis("stores no address that could be read or guessed back", async () => {
  useRedis(String(realUrl));
  const key = await keyOf(() => consume("preferences", "203.0.113.99"));
  expect(key).toMatch(/^chatelaine:limit:preferences:[\w-]{43}$/);
  useRedis(String(realUrl)); // another secret, another key
  expect(await keyOf(() => consume("preferences", "203.0.113.99"))).not.toBe(key);
});

onRedis("follows Redis away and back without a restart", async () => {
  const line = await between(realUrl);
  useRedis(line.url);
  const who = subject();
  expect(await consume("login_account", who)).toMatchObject({ remaining: 9 });
  await line.cut();
  await expectDown();
  await line.mend();
  await vi.waitFor(() => consume("login_account", who), { timeout: 5000, interval: 50 });
  expect(await consume("login_account", who)).toMatchObject({ remaining: 7 });
  await line.cut();
});
