import { sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";

export type CallSum = {
  /** UTC. */
  day: string;
  kind: string;
  model: string;
  keySource: "user" | "shared";
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** USD, decimal: of the calls whose cost is known. */
  costUsd: string;
};

/** What a user's calls beside their chats came to, by day, kind, model and who paid. */
export async function sumCallsByModel(userId: string): Promise<CallSum[]> {
  const rows = await (await db()).execute(sql`
    select to_char(created_at at time zone 'utc', 'YYYY-MM-DD') as day, kind, model, key_source as "keySource",
      count(*)::int as calls, coalesce(sum(input_tokens), 0)::float8 as "inputTokens",
      coalesce(sum(output_tokens), 0)::float8 as "outputTokens", coalesce(sum(cost_usd), 0)::text as "costUsd"
    from ai.calls where user_id = ${userId}::uuid group by 1, 2, 3, 4 order by 1, 2, 3, 4`);
  return rowsOf<CallSum>(rows);
}
