import { randomUUID } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import { db, preparedSql, rowsOf, violatedConstraint } from "@/lib/db/client";
import type { MessagePart } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { Receipt } from "./receipt";
import { sweepInterrupted } from "./sweep-interrupted";
import { titleOf } from "./title";

export type Question = { clientId: string | null; parts: MessagePart[]; parentId: string | null };
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
  return append("append_turn", insertQuestion, {
    ...turn,
    answers: questionId,
    title: titleOf(textOf(question.parts)),
    questionId,
    followsId: question.parentId,
    clientId: question.clientId,
    questionParts: JSON.stringify(question.parts),
  });
}

/** Starts another answer to a question that is stored; the earlier answers to it are no longer shown or sent. */
export function appendAnotherAnswer({ questionId, ...turn }: Answering & { questionId: string }): Promise<string> {
  return append("append_another_answer", retireAnswers, { ...turn, answers: questionId, title: null });
}

const value = (name: string, type: "uuid" | "text" | "jsonb") =>
  type === "jsonb" ? sql`${sql.placeholder(name)}::text::jsonb` : sql`${sql.placeholder(name)}::${sql.raw(type)}`;

const insertQuestion = sql`
  insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, client_id, parts, status)
  select ${value("questionId", "uuid")}, ${value("userId", "uuid")}, ${value("conversationId", "uuid")}, last_seq - 1,
    ${value("followsId", "uuid")}, 'user', ${value("clientId", "text")}, ${value("questionParts", "jsonb")}, 'complete'
  from claimed returning seq`;

const retireAnswers = sql`
  update ai.messages set is_current = false from claimed
  where user_id = ${value("userId", "uuid")} and conversation_id = ${value("conversationId", "uuid")}
    and parent_id = ${value("answers", "uuid")} and role = 'assistant' and is_current
  returning seq`;

const appendQuery = (before: SQL) => sql`
  with claimed as (
    insert into ai.conversations as c (id, user_id, title, model, last_seq)
    values (${value("conversationId", "uuid")}, ${value("userId", "uuid")}, ${value("title", "text")}, ${value("model", "text")}, 2)
    on conflict (id) do update
      set last_seq = c.last_seq + 2, model = excluded.model, title = coalesce(c.title, excluded.title), updated_at = now()
      where c.user_id = excluded.user_id
    returning last_seq
  ), before as (${before})
  insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, parts, status, heartbeat_at,
    model, key_source, key_provider, key_hint, key_label, key_fallback)
  select ${value("answerId", "uuid")}, ${value("userId", "uuid")}, ${value("conversationId", "uuid")}, last_seq,
    ${value("answers", "uuid")}, 'assistant', '[]'::jsonb, 'streaming', now(), ${value("model", "text")},
    ${value("keySource", "text")}, ${value("keyProvider", "text")}, ${value("keyHint", "text")},
    ${value("keyLabel", "text")}, ${value("keyFallback", "text")}
  from claimed returning id`;

type Start = Answering & { answers: string; title: string | null } & Record<string, unknown>;

async function append(name: string, before: SQL, start: Start, retried = false): Promise<string> {
  const { receipt, ...values } = start;
  const { model, keySource, keyProvider, keyHint, keyLabel, keyFallback } = receipt;
  const answerId = randomUUID();
  try {
    const query = preparedSql(await db(), name, () => appendQuery(before));
    const paid = { model, keySource, keyProvider, keyHint, keyLabel, keyFallback };
    const rows = rowsOf(await query.execute({ ...values, ...paid, answerId }));
    if (rows.length === 0) throw new AppError("not_found", "There is no such conversation.");
    return answerId;
  } catch (error) {
    const constraint = violatedConstraint(error);
    if (constraint === "messages_client_id") throw alreadyAsked();
    if (constraint !== "messages_one_streaming") throw error;
    // The answer in the way may belong to a process that has died; then its place is free.
    if (!retried && (await sweepInterrupted({ conversationId: start.conversationId })) > 0) {
      return append(name, before, start, true);
    }
    throw new AppError(
      "conflict",
      "An answer is still being written in this conversation. Stop it or wait for its end.",
    );
  }
}

const alreadyAsked = () => new AppError("conflict", "This question was asked already. Nothing was charged again.");
const textOf = (parts: MessagePart[]) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
