import { sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";

export type UsageSum = {
  /** UTC. */
  day: string;
  model: string;
  keySource: "user" | "shared";
  answers: number;
  inputTokens: number;
  outputTokens: number;
  /** USD, decimal: of the answers whose cost is known. */
  costUsd: string;
};

/** What a user's calls came to, by day, model and who paid. */
export async function sumUsage(userId: string): Promise<UsageSum[]> {
  const rows = await (await db()).execute(sql`
    select to_char(created_at at time zone 'utc', 'YYYY-MM-DD') as day, model, key_source as "keySource",
      count(*)::int as answers, coalesce(sum(input_tokens), 0)::float8 as "inputTokens",
      coalesce(sum(output_tokens), 0)::float8 as "outputTokens", coalesce(sum(cost_usd), 0)::text as "costUsd"
    from ai.messages where user_id = ${userId}::uuid and key_source is not null and model is not null
    group by 1, 2, 3 order by 1, 2, 3`);
  return rowsOf<UsageSum>(rows);
}
