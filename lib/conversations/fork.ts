import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { db, rowsOf, type Tx } from "@/lib/db/client";
import { conversations, messages } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import { pathUp } from "./path";

const MAX_TITLE_CHARS = 200;
const SUFFIX = " (fork)";

type CopyFiles = (
  tx: Tx,
  copy: { userId: string; ids: string[]; conversationId: string },
) => Promise<ReadonlyMap<string, string>>;

/**
 * Copies the path up to a message into a new conversation.
 *
 * The copies keep their times and which model wrote them. Who paid, tokens and cost stay with the originals alone: a copy
 * has no key source, and no sum that asks who paid can count it again.
 *
 * @param copyFiles gives the new conversation files of its own, and tells their ids by the old ones.
 * @throws AppError `conflict` for an answer that is still being written; `not_found`, also for other people's.
 */
export async function forkConversation(
  { id, userId, messageId }: { id: string; userId: string; messageId: string },
  { copyFiles }: { copyFiles: CopyFiles },
): Promise<Conversation> {
  const newId = randomUUID();
  return (await db()).transaction(async (tx) => {
    const [asked] = rowsOf<{ status: string }>(
      await tx.execute(sql`
        select status from ai.messages
        where id = ${messageId}::uuid and user_id = ${userId}::uuid and conversation_id = ${id}::uuid`),
    );
    if (!asked) throw new AppError("not_found", "There is no such message.");
    if (asked.status === "streaming") {
      throw new AppError("conflict", "This answer is still being written. Stop it or wait for its end, then fork.");
    }
    await tx.execute(sql`
      insert into ai.conversations
        (id, user_id, title, title_source, model, system, privacy, reasoning_effort, web_search)
      select ${newId}::uuid, user_id, left(title, ${MAX_TITLE_CHARS - SUFFIX.length}::int) || ${SUFFIX}::text,
        title_source, model, system, privacy, reasoning_effort, web_search
      from ai.conversations where id = ${id}::uuid and user_id = ${userId}::uuid`);
    await tx.execute(sql`
      with recursive ${pathUp({ id, userId, from: sql`${messageId}::uuid` })},
      named as materialized (select n, id, gen_random_uuid() as new_id from up),
      placed as (
        select id, new_id, row_number() over oldest_first as seq, lag(new_id) over oldest_first as above
        from named window oldest_first as (order by n desc)
      )
      insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, parts, status, finish_reason,
        error_code, model, served_model, upstream_provider, first_token_ms, total_ms, created_at, finished_at)
      select placed.new_id, m.user_id, ${newId}::uuid, placed.seq, placed.above, m.role, m.parts, m.status,
        m.finish_reason, m.error_code, m.model, m.served_model, m.upstream_provider, m.first_token_ms, m.total_ms,
        m.created_at, m.finished_at
      from placed join ai.messages m on m.id = placed.id and m.user_id = ${userId}::uuid`);
    await replaceFiles(tx, { userId, conversationId: newId }, copyFiles);
    const newest = sql`from ai.messages where user_id = ${userId}::uuid and conversation_id = ${newId}::uuid
      order by seq desc limit 1`;
    const [row] = await tx
      .update(conversations)
      .set({ leafId: sql`(select id ${newest})`, lastSeq: sql`(select seq ${newest})` })
      .where(and(eq(conversations.id, newId), eq(conversations.userId, userId)))
      .returning(conversationColumns);
    if (!row) throw new Error("an insert left no row");
    return toConversation(row);
  });
}

async function replaceFiles(
  tx: Tx,
  { userId, conversationId }: { userId: string; conversationId: string },
  copyFiles: CopyFiles,
): Promise<void> {
  const here = and(eq(messages.userId, userId), eq(messages.conversationId, conversationId));
  const withFiles = await tx
    .select({ id: messages.id, parts: messages.parts })
    .from(messages)
    .where(and(here, sql`${messages.parts} @> '[{"type":"file"}]'::jsonb`));
  const ids = withFiles.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === "file" ? [part.attachmentId] : [])),
  );
  const copies = await copyFiles(tx, { userId, ids: [...new Set(ids)], conversationId });
  for (const { id, parts } of withFiles) {
    const replaced = parts.map((part) =>
      part.type === "file" ? { ...part, attachmentId: copies.get(part.attachmentId) ?? part.attachmentId } : part,
    );
    await tx
      .update(messages)
      .set({ parts: replaced })
      .where(and(here, eq(messages.id, id)));
  }
}
