import { randomUUID } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import { db, preparedSql, rowsOf, violatedConstraint } from "@/lib/db/client";
import type { MessagePart } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { maxRunning, tooManyAnswers } from "./max-running";
import type { Receipt } from "./receipt";
import { storableJson, storableText } from "./storable";
import { sweepInterrupted } from "./sweep-interrupted";
import { titleOf } from "./title";

export type Question = { clientId: string | null; parts: MessagePart[]; parentId: string | null };
type Answering = {
  userId: string;
  conversationId: string;
  /** The conversation's counter when the turn was planned; null when it did not exist. */
  seenSeq: number | null;
  receipt: Receipt;
};

/**
 * Stores a question and the empty answer to it, before any provider is called, in one statement: the conversation is
 * made if it is new, its counter gives both messages their places, and the answer becomes the end of its path. The
 * counter must stand where it stood when the turn was planned, so that no message is hung under one that is gone.
 *
 * @returns the ids of both.
 * @throws AppError `conflict` when an answer is being written there, the question was asked already, or the conversation
 *   has changed meanwhile; `not_found` when it is somebody else's or gone.
 */
export async function appendTurn({
  question,
  ...turn
}: Answering & { question: Question }): Promise<{ questionId: string; answerId: string }> {
  const questionId = randomUUID();
  const claim = turn.seenSeq === null ? newConversation : knownConversation;
  const query = { name: turn.seenSeq === null ? "append_first_turn" : "append_turn", claim, before: insertQuestion };
  const answerId = await append(query, {
    ...turn,
    answers: questionId,
    title: titleOf(storableText(textOf(question.parts))),
    questionId,
    followsId: question.parentId,
    clientId: question.clientId,
    questionParts: storableJson(question.parts),
  });
  return { questionId, answerId };
}

/** Starts another answer to a question that is stored, beside the earlier ones, at the end of the path. */
export function appendAnotherAnswer({ questionId, ...turn }: Answering & { questionId: string }): Promise<string> {
  const query = { name: "append_another_answer", claim: knownConversation, before: sql`select 1` };
  return append(query, { ...turn, answers: questionId, title: null, clientId: null });
}

const value = (name: string, type: "uuid" | "text" | "jsonb" | "bigint") =>
  type === "jsonb" ? sql`${sql.placeholder(name)}::text::jsonb` : sql`${sql.placeholder(name)}::${sql.raw(type)}`;

const runningOf = (user: SQL) =>
  sql`(select count(*) from ai.messages r where r.user_id = ${user} and r.status = 'streaming')`;
const hasPlace = sql`${runningOf(value("userId", "uuid"))} < ${value("maxRunning", "bigint")}`;

const newConversation = sql`
  insert into ai.conversations (id, user_id, title, model, last_seq, leaf_id)
  select ${value("conversationId", "uuid")}, ${value("userId", "uuid")}, ${value("title", "text")},
    ${value("model", "text")}, 2, ${value("answerId", "uuid")}
  where ${hasPlace}
  on conflict (id) do nothing
  returning last_seq`;

const knownConversation = sql`
  update ai.conversations
  set last_seq = last_seq + 2, leaf_id = ${value("answerId", "uuid")}, model = ${value("model", "text")},
    title = coalesce(title, ${value("title", "text")}), updated_at = now()
  where id = ${value("conversationId", "uuid")} and user_id = ${value("userId", "uuid")}
    and last_seq = ${value("seenSeq", "bigint")} and ${hasPlace}
  returning last_seq`;

const insertQuestion = sql`
  insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, client_id, parts, status)
  select ${value("questionId", "uuid")}, ${value("userId", "uuid")}, ${value("conversationId", "uuid")}, last_seq - 1,
    ${value("followsId", "uuid")}, 'user', ${value("clientId", "text")}, ${value("questionParts", "jsonb")}, 'complete'
  from claimed returning seq`;

type Query = { name: string; claim: SQL; before: SQL };
const appendQuery = ({ claim, before }: Query) => sql`
  with claimed as (${claim}), before as (${before})
  insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, parts, status, heartbeat_at,
    model, key_source, key_provider, key_hint, key_label, key_fallback)
  select ${value("answerId", "uuid")}, ${value("userId", "uuid")}, ${value("conversationId", "uuid")}, last_seq,
    ${value("answers", "uuid")}, 'assistant', '[]'::jsonb, 'streaming', now(), ${value("model", "text")},
    ${value("keySource", "text")}, ${value("keyProvider", "text")}, ${value("keyHint", "text")},
    ${value("keyLabel", "text")}, ${value("keyFallback", "text")}
  from claimed returning id`;

type Start = Answering & { answers: string; title: string | null; clientId: string | null } & Record<string, unknown>;

async function append(query: Query, start: Start, retried = false): Promise<string> {
  const { receipt, ...values } = start;
  const { model, keySource, keyProvider, keyHint, keyLabel, keyFallback } = receipt;
  const answerId = randomUUID();
  try {
    const statement = preparedSql(await db(), query.name, () => appendQuery(query));
    const paid = { model, keySource, keyProvider, keyHint, keyLabel, keyFallback };
    const rows = rowsOf(await statement.execute({ ...values, ...paid, answerId, maxRunning: maxRunning() }));
    if (rows.length === 0) throw await whyNot(start);
    return answerId;
  } catch (error) {
    const constraint = violatedConstraint(error);
    if (constraint === "messages_client_id") throw alreadyAsked();
    if (constraint !== "messages_one_streaming") throw error;
    // The answer in the way may belong to a process that has died; then its place is free.
    if (!retried && (await sweepInterrupted({ conversationId: start.conversationId })) > 0) {
      return append(query, start, true);
    }
    throw stillWriting();
  }
}

/** Why a conversation could not be claimed for a turn. */
async function whyNot({ userId, conversationId, clientId, seenSeq }: Start): Promise<AppError> {
  const database = await db();
  const [user] = rowsOf<{ running: number }>(
    await database.execute(sql`select ${runningOf(sql`${userId}::uuid`)}::int as running`),
  );
  const isFull = (user?.running ?? 0) >= maxRunning();
  const [found] = rowsOf<{ asked: boolean; running: boolean }>(
    await database.execute(sql`
      select
        exists (select from ai.messages m where m.user_id = c.user_id and m.conversation_id = c.id
          and m.client_id = ${clientId}::text) as asked,
        exists (select from ai.messages m where m.conversation_id = c.id and m.status = 'streaming') as running
      from ai.conversations c where c.id = ${conversationId}::uuid and c.user_id = ${userId}::uuid`),
  );
  if (!found)
    return isFull && seenSeq === null ? tooManyAnswers() : new AppError("not_found", "There is no such conversation.");
  if (found.asked) return alreadyAsked();
  if (found.running) return stillWriting();
  return isFull ? tooManyAnswers() : changedMeanwhile();
}

const alreadyAsked = () => new AppError("conflict", "This question was asked already. Nothing was charged again.");
const stillWriting = () =>
  new AppError("conflict", "An answer is still being written in this conversation. Stop it or wait for its end.");
const changedMeanwhile = () =>
  new AppError(
    "conflict",
    "This conversation has changed meanwhile, in another tab perhaps. Nothing was sent. Send again.",
  );
const textOf = (parts: MessagePart[]) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
