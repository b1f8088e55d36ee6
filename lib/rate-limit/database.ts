import { eq, lt, sql } from "drizzle-orm";
import { type Db, db, prepared } from "@/lib/db/client";
import { rateLimits } from "@/lib/db/schema";
import { log } from "@/lib/log";

/** Calls in the window that is open, this one included, and the seconds until it ends. */
export type Counted = { count: number; resetSeconds: number };

/** Counts a call by one upsert, on the database's clock. */
export async function countInDatabase(key: string, windowSeconds: number): Promise<Counted> {
  const database = await db();
  sweepBeside(database);
  const [row] = await upsert(database).execute({ key, window: windowSeconds });
  if (!row) throw new Error("an upsert returned no row");
  // The stored end is rounded to milliseconds, which may be upwards.
  return { count: row.count, resetSeconds: Math.min(row.resetSeconds, windowSeconds) };
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
        resetSeconds: sql<number>`greatest(1, ceil(extract(epoch from ${rateLimits.resetsAt} - now())))::int`,
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

export async function forgetInDatabase(key: string): Promise<void> {
  await (await db()).delete(rateLimits).where(eq(rateLimits.key, key));
}
