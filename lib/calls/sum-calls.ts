import { and, eq, type SQL, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { calls } from "@/lib/db/schema";

/** USD: since the beginning, and in the day, week (from Monday) and month that are running, by UTC. */
export type CallSums = { total: number; daily: number; weekly: number; monthly: number };

/** What a user's programs have spent, or one token of theirs. */
export async function sumCalls({ userId, tokenId }: { userId: string; tokenId: string | null }): Promise<CallSums> {
  const [row] = await (await db())
    .select({ total: sum(), daily: sum(since("day")), weekly: sum(since("week")), monthly: sum(since("month")) })
    .from(calls)
    .where(and(eq(calls.userId, userId), tokenId === null ? undefined : eq(calls.tokenId, tokenId)));
  return row ?? { total: 0, daily: 0, weekly: 0, monthly: 0 };
}

const sum = (filter?: SQL) =>
  sql<number>`coalesce(sum(${calls.costUsd})${filter ? sql` filter (where ${filter})` : sql``}, 0)`.mapWith(Number);
const since = (period: "day" | "week" | "month") =>
  sql`${calls.createdAt} >= date_trunc('${sql.raw(period)}', now() at time zone 'utc') at time zone 'utc'`;
