import { sql } from "drizzle-orm";
import { db, preparedSql } from "@/lib/db/client";
import type { MessagePart } from "@/lib/db/schema";
import { GROWN } from "./answer-signals";
import type { MessageStatus } from "./message";
import type { Receipt } from "./receipt";
import { storableJson } from "./storable";

type Ending = {
  userId: string;
  answerId: string;
  parts: MessagePart[];
  status: Exclude<MessageStatus, "streaming">;
  finishReason: string | null;
  errorCode: string | null;
  receipt: Receipt;
};

const given = (name: string) => sql.placeholder(name);

const endQuery = () => sql`
  with ended as (
    update ai.messages set parts = ${given("parts")}::text::jsonb, status = ${given("status")}::text,
      finish_reason = ${given("finishReason")}::text, error_code = ${given("errorCode")}::text,
      served_model = ${given("servedModel")}::text, upstream_provider = ${given("upstreamProvider")}::text,
      generation_id = ${given("generationId")}::text, input_tokens = ${given("inputTokens")}::int,
      output_tokens = ${given("outputTokens")}::int, reasoning_tokens = ${given("reasoningTokens")}::int,
      cached_tokens = ${given("cachedTokens")}::int, cost_usd = ${given("costUsd")}::numeric,
      cost_is_estimate = ${given("costIsEstimate")}::boolean, first_token_ms = ${given("firstTokenMs")}::int,
      total_ms = ${given("totalMs")}::int, finished_at = now()
    where id = ${given("answerId")}::uuid and user_id = ${given("userId")}::uuid
    returning id
  ), forgotten as (
    delete from ai.answer_events where message_id = ${given("answerId")}::uuid and user_id = ${given("userId")}::uuid
  )
  select count(pg_notify('${sql.raw(GROWN)}', id::text)) from ended`;

/** Saves how an answer ended, whole and with all that is known of it, in place of its log: one statement. */
export async function endAnswer({ userId, answerId, receipt, parts, ...ending }: Ending): Promise<void> {
  const query = preparedSql(await db(), "answer_end", endQuery);
  await query.execute({ userId, answerId, ...receipt, ...ending, parts: storableJson(parts) });
}
