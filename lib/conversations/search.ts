import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";
import { conversations, type MessagePart, messages } from "@/lib/db/schema";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import { decodeCursor, encodeCursor } from "./cursor";
import { newestFirst } from "./newest-first";
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

/** The cursor of a list whose titles filled its first pages. */
const FIRST_MESSAGES = "m";

/** Where a page begins: among the conversations found by title, or, after them, among the messages. */
type Start = { among: "titles" | "messages"; after?: { at: string; id: string } };

/**
 * The caller's conversations in whose title, or in one of whose messages, every word occurs: first those found by title,
 * then those found by a message, by the newest of these. Each comes once, a page at a time by keyset; a page may be
 * shorter than asked for though more follow. The words are matched as they are typed, in any language, without stemming.
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
  const start = startOf(cursor);
  if (terms.length === 0) return { items: [], nextCursor: null };
  const wanted = { userId, q: tsquery(terms) };
  const titled = start.among === "titles" ? await findTitled(wanted, limit + 1, start.after) : [];
  const lastTitled = titled[limit - 1];
  if (titled.length > limit && lastTitled) {
    return {
      items: titled.slice(0, limit).map((conversation) => found(conversation, terms)),
      nextCursor: `t${encodeCursor(lastTitled)}`,
    };
  }
  const after = start.among === "messages" ? start.after : undefined;
  const { hits, next } = await newestHits(wanted, limit - titled.length, after);
  const rest = await describe(wanted, hits, after, terms);
  return { items: [...titled.map((conversation) => found(conversation, terms)), ...rest], nextCursor: next };
}

function startOf(cursor: string | undefined): Start {
  if (cursor === undefined) return { among: "titles" };
  if (cursor === FIRST_MESSAGES) return { among: "messages" };
  return { among: cursor.startsWith("m") ? "messages" : "titles", after: decodeCursor(cursor.slice(1)) };
}

async function findTitled({ userId, q }: Wanted, count: number, after: Start["after"]): Promise<Conversation[]> {
  const rows = await (await db())
    .select(conversationColumns)
    .from(conversations)
    .where(
      and(
        eq(conversations.userId, userId),
        sql`${conversations.titleSearch} @@ (${q})`,
        after && sql`(${conversations.updatedAt}, ${conversations.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(newestFirst(conversations.updatedAt), newestFirst(conversations.id))
    .limit(count);
  return rows.map(toConversation);
}

/** The newest hit in each of at most so many conversations, and where the next page begins. */
async function newestHits(
  wanted: Wanted,
  limit: number,
  after: Start["after"],
): Promise<{ hits: Hit[]; next: string | null }> {
  const looked = await findHits(wanted, limit * HITS_A_PAGE + 1, after);
  const newest = new Map<string, Hit>();
  let last: Hit | undefined;
  for (const hit of looked.slice(0, limit * HITS_A_PAGE)) {
    if (!newest.has(hit.conversationId) && newest.size === limit) break;
    if (!newest.has(hit.conversationId)) newest.set(hit.conversationId, hit);
    last = hit;
  }
  const isEnd = looked.length === 0 || (last === looked.at(-1) && looked.length <= limit * HITS_A_PAGE);
  const place = last ? `m${encodeCursor({ updatedAt: last.createdAt, id: last.id })}` : FIRST_MESSAGES;
  return { hits: [...newest.values()], next: isEnd ? null : place };
}

/**
 * Ordered and bounded in the same statement that matches, so that the planner may choose: the index of words when they
 * are rare, the newest messages one by one when they are common. Either way it never sorts all that match a common word.
 */
async function findHits({ userId, q }: Wanted, count: number, after: Start["after"]): Promise<Hit[]> {
  const rows = await (await db()).execute(sql`
    select id, conversation_id as "conversationId", created_at as "createdAt" from ai.messages
    where user_id = ${userId}::uuid and search @@ (${q})
      ${after ? sql`and (created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}
    order by ${newestFirst(messages.createdAt)}, ${newestFirst(messages.id)} limit ${count}`);
  return rowsOf<Omit<Hit, "createdAt"> & { createdAt: string | Date }>(rows).map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt).toISOString(),
  }));
}

/** What is shown of the hits, without the conversations that came before: by their title, or by a newer message. */
async function describe(
  { userId, q }: Wanted,
  hits: Hit[],
  after: Start["after"],
  terms: SearchTerm[],
): Promise<FoundConversation[]> {
  if (hits.length === 0) return [];
  const cameByMessage = after
    ? sql`and not exists (select 1 from ai.messages m where m.user_id = ${userId}::uuid
        and m.conversation_id = ${conversations.id} and m.search @@ (${q})
        and (m.created_at, m.id) >= (${after.at}::timestamptz, ${after.id}::uuid))`
    : sql``;
  const database = await db();
  const [rows, texts] = await Promise.all([
    database
      .select(conversationColumns)
      .from(conversations)
      .where(
        and(
          eq(conversations.userId, userId),
          inArray(
            conversations.id,
            hits.map(({ conversationId }) => conversationId),
          ),
          sql`not ${conversations.titleSearch} @@ (${q}) ${cameByMessage}`,
        ),
      ),
    database
      .select({ id: messages.id, role: messages.role, parts: messages.parts })
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
  const messageOf = new Map(texts.map((row) => [row.id, row]));
  return hits.flatMap(({ id, conversationId }) => {
    const conversation = conversationOf.get(conversationId);
    const message = messageOf.get(id);
    if (!conversation || !message) return []; // shown before, or deleted between the two looks
    return [found(conversation, terms, { id, role: message.role, ...snippetOf(textOf(message.parts), terms) })];
  });
}

const found = (
  conversation: Conversation,
  terms: SearchTerm[],
  message: FoundConversation["found"]["message"] = null,
): FoundConversation => ({
  ...conversation,
  found: { title: rangesIn(conversation.title ?? "", terms), message },
});

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
