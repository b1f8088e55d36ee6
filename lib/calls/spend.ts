import Decimal from "decimal.js";
import { and, eq, gte, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { calls } from "@/lib/db/schema";
import { gatheredCalls } from "./record-call";

const startOfDay = sql`date_trunc('day', now() at time zone 'utc') at time zone 'utc'`;

/**
 * USD, decimal: what the shared key has paid today (UTC) for this user's programs, as far as it is known. Counts what is
 * stored and what waits to be: a call that is stored between the two looks counts twice for that moment, so that the
 * bound may bite a moment early, never late.
 */
export async function sharedCallsToday(userId: string): Promise<string> {
  const { waiting, inHand } = gatheredCalls();
  const gathered = [...waiting, ...inHand].filter((call) => call.userId === userId && call.keySource === "shared");
  const [row] = await (await db())
    .select({ usd: sql<string>`coalesce(sum(${calls.costUsd}), 0)::text` })
    .from(calls)
    .where(and(eq(calls.userId, userId), eq(calls.keySource, "shared"), gte(calls.createdAt, startOfDay)));
  return gathered.reduce((sum, { costUsd }) => sum.plus(costUsd ?? 0), new Decimal(row?.usd ?? 0)).toFixed();
}
