import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { db, rowsOf, violatedConstraint } from "@/lib/db/client";
import type { TextPart } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { Receipt } from "./receipt";
import { sweepInterrupted } from "./sweep-interrupted";
import { titleOf } from "./title";

export type Question = { clientId: string | null; parts: TextPart[]; parentId: string | null };
type Answering = { userId: string; conversationId: string; receipt: Receipt };

/**
 * Stores a question and the empty answer to it, before any provider is called, in one statement: the conversation is
 * made if it is new, and its counter gives both messages their places.
 *
 * @returns the answer's id.
 * @throws AppError `conflict` when an answer is being written there or the question was asked already; `not_found`
 *   when the conversation is somebody else's.
 */
export function appendTurn({ question, ...turn }: Answering & { question: Question }): Promise<string> {
  const questionId = randomUUID();
  return appendAnswer(
    { ...turn, parentId: questionId, title: titleOf(textOf(question.parts)) },
    (claimed) => sql`
    insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, client_id, parts, status)
    select ${questionId}::uuid, ${turn.userId}::uuid, ${turn.conversationId}::uuid, ${claimed}.last_seq - 1, ${question.parentId}::uuid,
      'user', ${question.clientId}::text, ${JSON.stringify(question.parts)}::text::jsonb, 'complete'
    from ${claimed} returning seq`,
  );
}

/** Starts another answer to a question that is stored; the earlier answers to it are no longer shown or sent. */
export function appendAnotherAnswer({ questionId, ...turn }: Answering & { questionId: string }): Promise<string> {
  return appendAnswer(
    { ...turn, parentId: questionId, title: null },
    (claimed) => sql`
    update ai.messages set is_current = false from ${claimed}
    where user_id = ${turn.userId}::uuid and conversation_id = ${turn.conversationId}::uuid and parent_id = ${questionId}::uuid
      and role = 'assistant' and is_current returning seq`,
  );
}

type Start = Answering & { parentId: string; title: string | null };

async function appendAnswer(
  start: Start,
  before: (claimed: ReturnType<typeof sql>) => ReturnType<typeof sql>,
  retried = false,
): Promise<string> {
  const { userId, conversationId, receipt, parentId, title } = start;
  const answerId = randomUUID();
  const claimed = sql.raw("claimed");
  try {
    const database = await db();
    const result = await database.execute(sql`
      with claimed as (
        insert into ai.conversations as c (id, user_id, title, model, last_seq)
        values (${conversationId}::uuid, ${userId}::uuid, ${title}::text, ${receipt.model}::text, 2)
        on conflict (id) do update set last_seq = c.last_seq + 2, model = excluded.model, title = coalesce(c.title, excluded.title), updated_at = now()
        where c.user_id = excluded.user_id
        returning last_seq
      ), prior as (${before(claimed)})
      insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, parts, status, heartbeat_at, model, key_source, key_provider, key_hint, key_label, key_fallback)
      select ${answerId}::uuid, ${userId}::uuid, ${conversationId}::uuid, last_seq, ${parentId}::uuid, 'assistant', '[]'::jsonb, 'streaming', now(),
        ${receipt.model}::text, ${receipt.keySource}::text, ${receipt.keyProvider}::text, ${receipt.keyHint}::text, ${receipt.keyLabel}::text, ${receipt.keyFallback}::text
      from claimed returning id`);
    if (rowsOf(result).length === 0) throw new AppError("not_found", "There is no such conversation.");
    return answerId;
  } catch (error) {
    const constraint = violatedConstraint(error);
    if (constraint === "messages_client_id") throw alreadyAsked();
    if (constraint !== "messages_one_streaming") throw error;
    // The answer in the way may belong to a process that has died; then its place is free.
    if (!retried && (await sweepInterrupted({ conversationId })) > 0) return appendAnswer(start, before, true);
    throw new AppError(
      "conflict",
      "An answer is still being written in this conversation. Stop it or wait for its end.",
    );
  }
}

const alreadyAsked = () => new AppError("conflict", "This question was asked already. Nothing was charged again.");
const textOf = (parts: TextPart[]) => parts.map((part) => part.text).join("\n");
