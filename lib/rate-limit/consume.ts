import { createHmac } from "node:crypto";
import { eq, lt, sql } from "drizzle-orm";
import { connection, type Db, db, prepared } from "@/lib/db/client";
import { rateLimits } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { consumeInMemory } from "./memory";
import { type Policy, type PolicyName, policies } from "./policies";

/**
 * Counts one call of a subject (a user id, an e-mail address, a network) against a policy. One atomic statement on the
 * database's clock decides, so that several processes share one limit.
 *
 * @throws AppError `rate_limited` with the seconds to wait. While the database does not answer its error is thrown on,
 *   so that nobody passes; but for policies with a limit of their own for that case.
 */
export async function consume(policyName: PolicyName, subject: string): Promise<void> {
  const policy = policies[policyName];
  const decision = await decide(limitKey(policyName, subject), policy, policyName);
  if (decision.count <= Math.max(1, Math.floor(decision.limit * env().RATE_LIMIT_FACTOR))) return;
  const { retryAfterSeconds } = decision;
  throw new AppError("rate_limited", `${policy.message} Try again in ${inWords(retryAfterSeconds)}.`, {
    retryAfterSeconds,
  });
}

async function decide(key: string, { limit, limitWhenDown, windowSeconds }: Policy, name: PolicyName) {
  if (limitWhenDown === undefined) return { ...(await count(key, windowSeconds)), limit };
  try {
    // The embedded database has one process, so what that counts in memory is the whole count, and costs no write.
    const isAlone = (await connection()).kind === "embedded";
    return { ...(isAlone ? consumeInMemory(key, windowSeconds) : await count(key, windowSeconds)), limit };
  } catch (error) {
    log.warn("limits are counted in memory: the database does not answer", { name, err: error });
    return { ...consumeInMemory(key, windowSeconds), limit: limitWhenDown };
  }
}

/** Forgets what was counted, for a subject that has proved to be no guesser. */
export async function forgive(policyName: PolicyName, subject: string): Promise<void> {
  await (await db()).delete(rateLimits).where(eq(rateLimits.key, limitKey(policyName, subject)));
}

/** Addresses are personal data and easy to guess from a plain hash, hence a keyed one. */
function limitKey(policyName: PolicyName, subject: string): string {
  const mac = createHmac("sha256", env().NEXTAUTH_SECRET).update(`rate-limit:${policyName}:${subject}`);
  return `${policyName}:${mac.digest("base64url")}`;
}

async function count(key: string, windowSeconds: number) {
  const database = await db();
  sweepBeside(database);
  const [row] = await upsert(database).execute({ key, window: windowSeconds });
  if (!row) throw new Error("an upsert returned no row");
  return row;
}

const upsert = (database: Db) =>
  prepared(database, "rate_limit_upsert", (on) => {
    const reset = sql`now() + make_interval(secs => ${sql.placeholder("window")}::int)`;
    const isOver = sql`${rateLimits.resetsAt} <= now()`;
    return on
      .insert(rateLimits)
      .values({ key: sql.placeholder("key"), count: 1, resetsAt: reset })
      .onConflictDoUpdate({
        target: rateLimits.key,
        set: {
          count: sql`case when ${isOver} then 1 else ${rateLimits.count} + 1 end`,
          resetsAt: sql`case when ${isOver} then excluded.resets_at else ${rateLimits.resetsAt} end`,
        },
      })
      .returning({
        count: rateLimits.count,
        retryAfterSeconds: sql<number>`greatest(1, ceil(extract(epoch from ${rateLimits.resetsAt} - now())))::int`,
      })
      .prepare("rate_limit_upsert");
  });

const SWEEP_EVERY_MS = 60_000;
let sweptAt = 0;

/** Removes windows that have ended: at most once a minute, beside the request that happens to come by. */
function sweepBeside(database: Db, now: number = Date.now()): void {
  if (now - sweptAt < SWEEP_EVERY_MS) return;
  sweptAt = now;
  database
    .delete(rateLimits)
    .where(lt(rateLimits.resetsAt, sql`now()`))
    .then(undefined, (error: unknown) => log.warn("ended rate limits could not be removed", { err: error }));
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} second${seconds === 1 ? "" : "s"}`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
