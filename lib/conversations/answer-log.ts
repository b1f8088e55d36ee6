import { and, asc, eq, gte, inArray, sql } from "drizzle-orm";
import { type DbOrTx, db, preparedSql, rowsOf } from "@/lib/db/client";
import { answerEvents, type MessagePart, messages } from "@/lib/db/schema";
import { GROWN } from "./answer-signals";
import { type ThreadMessage, threadColumns, toThreadMessage } from "./message";

type AnswerRef = { userId: string; answerId: string };

/** An event of the AI SDK's UI message stream, as far as the log looks into it. */
export type LoggedEvent = { type: string; id?: string; delta?: string; url?: string; title?: string };

/** Updating the row first locks it, so that nothing is appended behind the back of whoever ends the answer. */
const appendQuery = () => sql`
  with beat as (
    update ai.messages set heartbeat_at = now()
    where id = ${sql.placeholder("answerId")}::uuid and user_id = ${sql.placeholder("userId")}::uuid
      and status in ('streaming', 'interrupted')
    returning id, user_id, status, stop_requested_at
  ), logged as (
    insert into ai.answer_events (message_id, user_id, seq, events)
    select id, user_id, ${sql.placeholder("seq")}::int, ${sql.placeholder("events")}::text from beat
    where status = 'streaming' and ${sql.placeholder("events")}::text is not null
    on conflict (message_id, seq) do update set events = excluded.events
    returning message_id
  )
  select status, stop_requested_at is not null as "stop",
    (select count(pg_notify('${sql.raw(GROWN)}', message_id::text)) from logged) as told
  from beat`;

/**
 * Writes down what an answer has grown by and shows that its writer lives. A piece whose writing seemed to fail is
 * written again under the same number, with what came since.
 *
 * @param events null when nothing came.
 * @returns `gone` when the message is no longer there; `isLogged: false` when the sweep took its writer for dead: the
 *   text then reaches the database when the answer ends. `stop`: its owner has asked for it, perhaps on another instance.
 */
export async function appendEvents({
  userId,
  answerId,
  seq,
  events,
}: AnswerRef & { seq: number; events: object[] | null }): Promise<"gone" | { isLogged: boolean; stop: boolean }> {
  const query = preparedSql(await db(), "answer_append", appendQuery);
  const written = events && JSON.stringify(events);
  const [row] = rowsOf<{ status: string; stop: boolean }>(
    await query.execute({ userId, answerId, seq, events: written }),
  );
  return row === undefined ? "gone" : { isLogged: row.status === "streaming", stop: row.stop };
}

/** Of one look; a reader that is further behind looks again. */
const ROWS_AT_ONCE = 500;

/** What the log holds from a number on, and the message as it stands; no message when it is gone or somebody else's. */
export async function readLog({
  userId,
  answerId,
  from,
}: AnswerRef & { from: number }): Promise<{ message: ThreadMessage | undefined; events: LoggedEvent[]; next: number }> {
  const database = await db();
  // In this order: an answer that ends between the two looks is still seen whole, as its message is read after its log.
  const rows = await database
    .select({ seq: answerEvents.seq, events: answerEvents.events })
    .from(answerEvents)
    .where(and(eq(answerEvents.messageId, answerId), eq(answerEvents.userId, userId), gte(answerEvents.seq, from)))
    .orderBy(asc(answerEvents.seq))
    .limit(ROWS_AT_ONCE);
  const [message] = await database
    .select(threadColumns)
    .from(messages)
    .where(and(eq(messages.id, answerId), eq(messages.userId, userId)));
  return {
    message: message && toThreadMessage(message),
    events: rows.flatMap(({ events }) => JSON.parse(events) as LoggedEvent[]),
    next: (rows.at(-1)?.seq ?? from - 1) + 1,
  };
}

/** The answers that are being written among these, with the text that the log holds of them. */
export async function withTextSoFar<Message extends Pick<ThreadMessage, "id" | "status" | "parts">>(
  shown: Message[],
): Promise<Message[]> {
  const growing = shown.filter(({ status }) => status === "streaming").map(({ id }) => id);
  if (growing.length === 0) return shown;
  const logged = await loggedParts(await db(), growing);
  return shown.map((message) => ({ ...message, parts: logged.get(message.id) ?? message.parts }));
}

/** By message. Whoever asks has made sure whose they are. */
export async function loggedParts(on: DbOrTx, answerIds: string[]): Promise<Map<string, MessagePart[]>> {
  if (answerIds.length === 0) return new Map();
  const rows = await on
    .select({ id: answerEvents.messageId, events: answerEvents.events })
    .from(answerEvents)
    .where(inArray(answerEvents.messageId, answerIds))
    .orderBy(asc(answerEvents.messageId), asc(answerEvents.seq));
  const byAnswer = Map.groupBy(rows, ({ id }) => id);
  return new Map(
    [...byAnswer].map(([id, pieces]) => [
      id,
      partsOf(pieces.flatMap(({ events }) => JSON.parse(events) as LoggedEvent[])),
    ]),
  );
}

/** What the events add up to. */
export function partsOf(events: LoggedEvent[]): MessagePart[] {
  const parts: (Exclude<MessagePart, { text: string }> | { type: "text" | "reasoning"; pieces: string[] })[] = [];
  for (const { type, delta = "", url = "", title = null } of events) {
    const last = parts.at(-1);
    if (type === "text-start" || type === "reasoning-start") {
      parts.push({ type: type === "text-start" ? "text" : "reasoning", pieces: [] });
    } else if (type === "source-url") parts.push({ type: "source", url, title });
    else if (last && "pieces" in last && type === `${last.type}-delta`) last.pieces.push(delta);
  }
  return parts.map((part) => ("pieces" in part ? { type: part.type, text: part.pieces.join("") } : part));
}

/** The answer that is being written in a conversation. @returns `foreign` for a conversation that is not the caller's. */
export async function findRunning({
  id,
  userId,
}: {
  id: string;
  userId: string;
}): Promise<{ owned: boolean; answerId: string | null }> {
  const query = preparedSql(await db(), "find_running", runningQuery);
  const [row] = rowsOf<{ answerId: string | null }>(await query.execute({ id, userId }));
  return { owned: row !== undefined, answerId: row?.answerId ?? null };
}

const runningQuery = () => sql`
  select m.id as "answerId" from ai.conversations c
  left join ai.messages m on m.conversation_id = c.id and m.user_id = c.user_id and m.status = 'streaming'
  where c.id = ${sql.placeholder("id")}::uuid and c.user_id = ${sql.placeholder("userId")}::uuid`;

/** Once its message holds the whole of an answer. */
export async function forgetLogs(on: DbOrTx, answerIds: string[]): Promise<void> {
  if (answerIds.length > 0) await on.delete(answerEvents).where(inArray(answerEvents.messageId, answerIds));
}
