import { createHmac } from "node:crypto";
import { connection } from "@/lib/db/client";
import { env } from "@/lib/env";
import { type Allowance, AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { type Counted, countInDatabase, forgetInDatabase } from "./database";
import { countInMemory } from "./memory";
import { type Policy, type PolicyName, policies } from "./policies";
import { countInRedis, forgetInRedis } from "./redis";

/**
 * Counts one call of a subject (a user id, an e-mail address, a network) against a policy. One atomic step on the
 * store's own clock decides, so that several processes share one limit: in Redis when REDIS_URL is set, else in the
 * database.
 *
 * @returns what is left of the limit
 * @throws AppError `rate_limited` with the seconds to wait. While the store does not answer its error is thrown on, so
 *   that nobody passes; but for policies with a limit of their own for that case.
 */
export async function consume(policyName: PolicyName, subject: string): Promise<Allowance> {
  const policy = policies[policyName];
  const counted = await decide(limitKey(policyName, subject), policy, policyName);
  const limit = Math.max(1, Math.floor(counted.limit * env().RATE_LIMIT_FACTOR));
  const allowance = { limit, remaining: Math.max(0, limit - counted.count), resetSeconds: counted.resetSeconds };
  if (counted.count <= limit) return allowance;
  throw new AppError("rate_limited", `${policy.message} Try again in ${inWords(allowance.resetSeconds)}.`, {
    allowance,
  });
}

async function decide(
  key: string,
  { limit, limitWhenDown, windowSeconds }: Policy,
  name: PolicyName,
): Promise<Counted & { limit: number }> {
  if (limitWhenDown === undefined) return { ...(await count(key, windowSeconds)), limit };
  try {
    return { ...((await isAlone()) ? countInMemory(key, windowSeconds) : await count(key, windowSeconds)), limit };
  } catch (error) {
    log.warn("limits are counted in memory: their store does not answer", { name, err: error });
    return { ...countInMemory(key, windowSeconds), limit: limitWhenDown };
  }
}

const count = (key: string, windowSeconds: number): Promise<Counted> =>
  env().REDIS_URL ? countInRedis(key, windowSeconds) : countInDatabase(key, windowSeconds);

/** The embedded database has one process, so what that counts in memory is the whole count, and costs no write. */
const isAlone = async (): Promise<boolean> => !env().REDIS_URL && (await connection()).kind === "embedded";

/** Forgets what was counted, for a subject that has proved to be no guesser. */
export async function forgive(policyName: PolicyName, subject: string): Promise<void> {
  const key = limitKey(policyName, subject);
  await (env().REDIS_URL ? forgetInRedis(key) : forgetInDatabase(key));
}

/** Addresses are personal data and easy to guess from a plain hash, hence a keyed one. */
function limitKey(policyName: PolicyName, subject: string): string {
  const mac = createHmac("sha256", env().NEXTAUTH_SECRET).update(`rate-limit:${policyName}:${subject}`);
  return `${policyName}:${mac.digest("base64url")}`;
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} second${seconds === 1 ? "" : "s"}`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
