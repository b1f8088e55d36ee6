import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";
import { conversations, type MessagePart, messages } from "@/lib/db/schema";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import { decodeCursor, encodeCursor } from "./cursor";
import { type SearchTerm, searchTerms } from "./search-terms";
import { rangesIn, type Snippet, snippetOf } from "./snippet";

export type FoundConversation = Conversation & {
  /** Where in the title, `[from, to)`; the newest message that was found, with the words around the place. */
  found: { title: [number, number][]; message: ({ id: string; role: "user" | "assistant" } & Snippet) | null };
};
type Page = { items: FoundConversation[]; nextCursor: string | null };

type Wanted = { userId: string; q: SQL };
type Hit = { id: string; conversationId: string; createdAt: string };

/** Hits looked at for one page: several may lie in one conversation. */
const HITS_A_PAGE = 4;
const MAX_TITLES = 10;

/**
 * The caller's conversations in whose title, or in one of whose messages, every word occurs: first those found by title,
 * then by their newest message that holds the words. A page at a time by keyset; a conversation that is written about
 * the same thing for long may come again on a later page, with an earlier message. The words are matched as they are
 * typed, in any language, without stemming.
 */
export async function searchConversations({
  userId,
  q,
  limit,
  cursor,
}: {
  userId: string;
  q: string;
  limit: number;
  cursor?: string;
}): Promise<Page> {
  const terms = searchTerms(q);
  if (terms.length === 0) return { items: [], nextCursor: null };
  const wanted = { userId, q: tsquery(terms) };
  const [titled, hits] = await Promise.all([
    cursor === undefined ? findTitles(wanted, Math.min(limit, MAX_TITLES)) : [],
    findHits(wanted, { count: limit * HITS_A_PAGE + 1, cursor }),
  ]);
  const newest = new Map<string, Hit>();
  let looked = 0;
  for (const hit of hits.slice(0, limit * HITS_A_PAGE)) {
    if (!newest.has(hit.conversationId) && newest.size === limit) break;
    if (!newest.has(hit.conversationId)) newest.set(hit.conversationId, hit);
    looked++;
  }
  const last = hits[looked - 1];
  const nextCursor = last && looked < hits.length ? encodeCursor({ updatedAt: last.createdAt, id: last.id }) : null;
  return { items: await describe({ userId, titled, hits: [...newest.values()], terms }), nextCursor };
}

async function findTitles({ userId, q }: Wanted, count: number): Promise<string[]> {
  const rows = await (await db()).execute(sql`
    select id from ai.conversations where user_id = ${userId}::uuid and title_search @@ (${q})
    order by updated_at desc nulls last, id desc nulls last limit ${count}`);
  return rowsOf<{ id: string }>(rows).map(({ id }) => id);
}

/**
 * Ordered and bounded in the same statement that matches, so that the planner may choose: the index of words when they
 * are rare, the newest messages one by one when they are common. Either way it never sorts all that match a common word.
 * `nulls last` because the indexes say so: without it they are of no use for the order.
 */
async function findHits({ userId, q }: Wanted, { count, cursor }: { count: number; cursor?: string }): Promise<Hit[]> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const rows = await (await db()).execute(sql`
    select id, conversation_id as "conversationId", created_at as "createdAt" from ai.messages
    where user_id = ${userId}::uuid and search @@ (${q})
      ${after ? sql`and (created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}
    order by created_at desc nulls last, id desc nulls last limit ${count}`);
  return rowsOf<Omit<Hit, "createdAt"> & { createdAt: string | Date }>(rows).map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt).toISOString(),
  }));
}

/** What is shown of each: those found by title first, with the message too where one was found. */
async function describe({
  userId,
  titled,
  hits,
  terms,
}: {
  userId: string;
  titled: string[];
  hits: Hit[];
  terms: SearchTerm[];
}): Promise<FoundConversation[]> {
  const ids = [...new Set([...titled, ...hits.map(({ conversationId }) => conversationId)])];
  if (ids.length === 0) return [];
  const database = await db();
  const [rows, texts] = await Promise.all([
    database
      .select(conversationColumns)
      .from(conversations)
      .where(and(eq(conversations.userId, userId), inArray(conversations.id, ids))),
    database
      .select({ id: messages.id, conversationId: messages.conversationId, role: messages.role, parts: messages.parts })
      .from(messages)
      .where(
        and(
          eq(messages.userId, userId),
          inArray(
            messages.id,
            hits.map(({ id }) => id),
          ),
        ),
      ),
  ]);
  const conversationOf = new Map(rows.map((row) => [row.id, toConversation(row)]));
  const messageOf = new Map(texts.map((row) => [row.conversationId, row]));
  return ids.flatMap((id) => {
    const conversation = conversationOf.get(id);
    if (!conversation) return []; // deleted between the two looks
    const hit = messageOf.get(id);
    const message = hit ? { id: hit.id, role: hit.role, ...snippetOf(textOf(hit.parts), terms) } : null;
    return [{ ...conversation, found: { title: rangesIn(conversation.title ?? "", terms), message } }];
  });
}

/** `phraseto_tsquery` and quoting take whatever the words hold as text, never as an operator. */
const tsquery = (terms: SearchTerm[]): SQL =>
  sql.join(
    terms.map(({ text, kind }) =>
      kind === "prefix"
        ? sql`to_tsquery('simple', quote_literal(${text}::text) || ':*')`
        : sql`phraseto_tsquery('simple', ${text}::text)`,
    ),
    sql` && `,
  );

const textOf = (parts: MessagePart[]) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
