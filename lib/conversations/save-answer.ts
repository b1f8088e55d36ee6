import { and, eq, sql } from "drizzle-orm";
import { type Db, db, prepared } from "@/lib/db/client";
import { messages, type TextPart } from "@/lib/db/schema";
import type { MessageStatus } from "./message";
import type { Receipt } from "./receipt";
import { storableJson } from "./storable";

type AnswerRef = { userId: string; answerId: string };

const progressQuery = (database: Db) =>
  database
    .update(messages)
    .set({ parts: sql`${sql.placeholder("parts")}::text::jsonb`, heartbeatAt: sql`now()` })
    .where(
      and(
        eq(messages.id, sql.placeholder("answerId")),
        eq(messages.userId, sql.placeholder("userId")),
        eq(messages.status, "streaming"),
      ),
    )
    .returning({ stopRequestedAt: messages.stopRequestedAt })
    .prepare("answer_progress");

/**
 * Saves the text so far and shows that its writer lives.
 *
 * @returns whether somebody, perhaps on another instance, asked to stop, or the answer is no longer ours to write.
 */
export async function saveProgress({
  userId,
  answerId,
  parts,
}: AnswerRef & { parts: TextPart[] }): Promise<{ stop: boolean }> {
  const query = prepared(await db(), "answer_progress", progressQuery);
  const [row] = await query.execute({ userId, answerId, parts: storableJson(parts) });
  return { stop: row === undefined || row.stopRequestedAt !== null };
}

type Ending = {
  parts: TextPart[];
  status: Exclude<MessageStatus, "streaming">;
  finishReason: string | null;
  errorCode: string | null;
  receipt: Receipt;
};

const endQuery = (database: Db) =>
  database
    .update(messages)
    .set({
      parts: sql`${sql.placeholder("parts")}::text::jsonb`,
      status: sql`${sql.placeholder("status")}`,
      finishReason: sql`${sql.placeholder("finishReason")}`,
      errorCode: sql`${sql.placeholder("errorCode")}`,
      servedModel: sql`${sql.placeholder("servedModel")}`,
      upstreamProvider: sql`${sql.placeholder("upstreamProvider")}`,
      generationId: sql`${sql.placeholder("generationId")}`,
      inputTokens: sql`${sql.placeholder("inputTokens")}::int`,
      outputTokens: sql`${sql.placeholder("outputTokens")}::int`,
      reasoningTokens: sql`${sql.placeholder("reasoningTokens")}::int`,
      cachedTokens: sql`${sql.placeholder("cachedTokens")}::int`,
      costUsd: sql`${sql.placeholder("costUsd")}::numeric`,
      costIsEstimate: sql`${sql.placeholder("costIsEstimate")}::boolean`,
      firstTokenMs: sql`${sql.placeholder("firstTokenMs")}::int`,
      totalMs: sql`${sql.placeholder("totalMs")}::int`,
      finishedAt: sql`now()`,
    })
    .where(and(eq(messages.id, sql.placeholder("answerId")), eq(messages.userId, sql.placeholder("userId"))))
    .prepare("answer_end");

/** Saves how an answer ended, with all that is known of it. */
export async function endAnswer({ userId, answerId, receipt, parts, ...ending }: AnswerRef & Ending): Promise<void> {
  const query = prepared(await db(), "answer_end", endQuery);
  await query.execute({ userId, answerId, ...receipt, ...ending, parts: storableJson(parts) });
}
