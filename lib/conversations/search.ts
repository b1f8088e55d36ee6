import { type SQL, sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";
import type { TextPart } from "@/lib/db/schema";
import { type Conversation, toConversation } from "./conversation";
import { decodeCursor, encodeCursor } from "./cursor";
import { type SearchTerm, searchTerms } from "./search-terms";
import { rangesIn, type Snippet, snippetOf } from "./snippet";

export type FoundConversation = Conversation & {
  /** Where in the title, `[from, to)`; the newest message that was found, with the words around the place. */
  found: { title: [number, number][]; message: ({ id: string; role: "user" | "assistant" } & Snippet) | null };
};
type Page = { items: FoundConversation[]; nextCursor: string | null };

type Row = Omit<Conversation, "createdAt" | "updatedAt"> & {
  createdAt: string | Date;
  updatedAt: string | Date;
  messageId: string | null;
  role: "user" | "assistant" | null;
  parts: TextPart[] | null;
};

/**
 * The caller's conversations in whose title, or in one of whose messages, every word occurs: newest first, a page at a
 * time by keyset. The words are matched as they are typed, in any language, without stemming.
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
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const result = await (await db()).execute(sql`
    with wanted as (select ${tsquery(terms)} as q),
    hits as (
      select distinct on (m.conversation_id) m.conversation_id, m.id
      from ai.messages m, wanted
      where m.user_id = ${userId}::uuid and m.search @@ wanted.q
      order by m.conversation_id, m.seq desc
    ),
    found as (
      select conversation_id as id from hits
      union
      select c.id from ai.conversations c, wanted where c.user_id = ${userId}::uuid and c.title_search @@ wanted.q
    ),
    page as (
      select c.* from ai.conversations c join found using (id)
      where c.user_id = ${userId}::uuid
        ${after ? sql`and (c.updated_at, c.id) < (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}
      order by c.updated_at desc, c.id desc
      limit ${limit + 1}
    )
    select c.id, c.title, c.model, c.system, c.pinned, c.archived, c.created_at as "createdAt", c.updated_at as "updatedAt",
      m.id as "messageId", m.role, m.parts
    from page c
    left join hits h on h.conversation_id = c.id
    left join ai.messages m on m.id = h.id
    order by c.updated_at desc, c.id desc`);
  const rows = rowsOf<Row>(result);
  const items = rows.slice(0, limit).map((row) => toFound(row, terms));
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(last) : null };
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

function toFound(
  { messageId, role, parts, createdAt, updatedAt, ...row }: Row,
  terms: SearchTerm[],
): FoundConversation {
  const text = (parts ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  const message = messageId && role ? { id: messageId, role, ...snippetOf(text, terms) } : null;
  return {
    ...toConversation({ ...row, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }),
    found: { title: rangesIn(row.title ?? "", terms), message },
  };
}
