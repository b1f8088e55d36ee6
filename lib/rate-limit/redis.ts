import type { Redis } from "ioredis";
import { env } from "@/lib/env";
import { log } from "@/lib/log";
import type { Counted } from "./database";

const PREFIX = "chatelaine:limit:";
const TIMEOUT_MS = 1000; // a chat waits for it; past that the store counts as down

/** Counts and reads the time left in one step. A key that lost its end (-1) gets one again, or it would block for ever. */
const COUNT = `
  local count = redis.call("INCR", KEYS[1])
  local left = redis.call("PTTL", KEYS[1])
  if count == 1 or left < 0 then
    left = tonumber(ARGV[1])
    redis.call("PEXPIRE", KEYS[1], left)
  end
  return { count, left }`;

type Client = Redis & { countCall: (key: string, windowMs: number) => Promise<[count: number, leftMs: number]> };

/** Counts a call in Redis, on its clock. Fails at once, not queued, while Redis is away. */
export async function countInRedis(key: string, windowSeconds: number): Promise<Counted> {
  const [count, leftMs] = await (await redis()).countCall(PREFIX + key, windowSeconds * 1000);
  return { count, resetSeconds: Math.max(1, Math.ceil(leftMs / 1000)) };
}

export async function forgetInRedis(key: string): Promise<void> {
  await (await redis()).del(PREFIX + key);
}

/** One connection for the app, also across hot reloads and Next's separate bundles. */
const shared = globalThis as { __chatelaineRedis?: Promise<Client> };

function redis(): Promise<Client> {
  shared.__chatelaineRedis ??= open().catch((error: unknown) => {
    shared.__chatelaineRedis = undefined;
    throw error;
  });
  return shared.__chatelaineRedis;
}

export async function closeRedis(): Promise<void> {
  const open = shared.__chatelaineRedis;
  shared.__chatelaineRedis = undefined;
  (await open)?.disconnect();
}

async function open(): Promise<Client> {
  const { Redis: Connection } = await import("ioredis"); // only where REDIS_URL asks for it
  const client = new Connection(String(env().REDIS_URL), {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false, // a call whose answer was lost must not count twice
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: (times) => Math.min(times * 100, 2000),
  });
  client.defineCommand("countCall", { numberOfKeys: 1, lua: COUNT });
  let isAway = false; // one line an outage, not one an attempt
  client.on("error", (error) => {
    if (!isAway) log.error("Redis does not answer", { err: error });
    isAway = true;
  });
  client.on("ready", () => {
    if (isAway) log.info("Redis answers again");
    isAway = false;
  });
  // The first attempt is waited for; when it fails, commands fail until one of the later attempts succeeds.
  await client.connect().catch(() => {});
  return client as unknown as Client;
}
