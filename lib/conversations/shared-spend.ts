import { and, eq, gte, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { messages } from "@/lib/db/schema";

/** USD, decimal: what the shared key has paid for this user since midnight UTC, as far as it was reported. */
export async function sharedSpendToday(userId: string): Promise<string> {
  const database = await db();
  const [row] = await database
    .select({ spent: sql<string>`coalesce(sum(${messages.costUsd}), 0)::text` })
    .from(messages)
    .where(
      and(
        eq(messages.userId, userId),
        eq(messages.keySource, "shared"),
        gte(messages.createdAt, sql`date_trunc('day', now() at time zone 'utc') at time zone 'utc'`),
      ),
    );
  return row?.spent ?? "0";
}
