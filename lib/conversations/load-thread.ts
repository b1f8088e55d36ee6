import { sql } from "drizzle-orm";
import { db, preparedSql, rowsOf } from "@/lib/db/client";
import type { MessagePart } from "@/lib/db/schema";
import type { Conversation } from "./conversation";
import type { MessageStatus } from "./message";

/** How many messages of a path are looked at for a turn, however long the conversation has become. */
export const THREAD_WINDOW = 64;

export type ThreadEntry = {
  id: string;
  /** The message above it, which may lie outside of the window; null for the first of all. */
  parentId: string | null;
  role: "user" | "assistant";
  clientId: string | null;
  parts: MessagePart[];
  status: MessageStatus;
};
export type Thread = Pick<Conversation, "privacy" | "reasoningEffort" | "webSearch"> & {
  owned: "new" | "mine" | "foreign";
  model: string | null;
  system: string | null;
  /** The conversation's counter: whatever is appended must find it unchanged. Null when there is no conversation yet. */
  seenSeq: number | null;
  /** Which of the names that were looked for is the path's end; null: none of them is here, it is the leaf's. */
  foundAs: number | null;
  /** Oldest first. */
  path: ThreadEntry[];
  /** The path goes on above the window. */
  hasMore: boolean;
  /** How the newest answer to the last message of the path ended, if there is one. */
  answered: MessageStatus | null;
};

const MAX_NAMES = 3;
const place = (name: string, type: string) => sql`${sql.placeholder(name)}::${sql.raw(type)}`;
const names = sql.join(
  Array.from(
    { length: MAX_NAMES },
    (_, n) => sql`(${sql.raw(String(n))}, ${place(`name${n}`, "text")}, ${place(`uuid${n}`, "uuid")})`,
  ),
  sql`, `,
);

/** Asked so that no index of whole conversations answers it: path.ts says why. */
const isHere = sql`(m.user_id, m.conversation_id) is not distinct from (${place("userId", "uuid")}, ${place("id", "uuid")})`;

/**
 * One statement for everything: each round to the database counts in the time to the first word. It walks from the end
 * of the path upwards by primary key, so it costs the same in a conversation of ten messages and of ten thousand.
 */
const threadQuery = () => sql`
  with recursive c as (
    select id, user_id, user_id = ${place("userId", "uuid")} as is_mine, model, system, privacy, reasoning_effort,
      web_search, last_seq, leaf_id
    from ai.conversations where id = ${place("id", "uuid")}
  ), named as (
    select m.id, n.rank from c
    cross join (values ${names}) as n (rank, name, uuid)
    cross join lateral (
      select id from ai.messages m
      where m.user_id = c.user_id and m.conversation_id = c.id and m.client_id = n.name
      union all
      select id from ai.messages m where m.id = n.uuid and ${isHere}
    ) m
    where c.is_mine order by n.rank limit 1
  ), path as (
    select 1 as depth, m.id, m.parent_id, m.role, m.client_id, m.parts, m.status
    from c join ai.messages m on m.id = coalesce((select id from named), c.leaf_id) and ${isHere}
    where c.is_mine
    union all
    select p.depth + 1, m.id, m.parent_id, m.role, m.client_id, m.parts, m.status
    from path p cross join lateral (
      select * from ai.messages m where m.id = p.parent_id and ${isHere} offset 0
    ) m
    where p.depth < ${sql.raw(String(THREAD_WINDOW + 1))}
  )
  select c.is_mine as "isMine", c.privacy, c.reasoning_effort as "reasoningEffort", c.web_search as "webSearch", c.last_seq::float8 as "seenSeq", (select rank from named) as "foundAs",
    case when p.depth is null or p.depth = 1 then c.model end as model,
    case when p.depth is null or p.depth = 1 then c.system end as system,
    case when p.depth = 1 then (
      select a.status from ai.messages a
      where a.conversation_id = c.id and a.parent_id = p.id and a.role = 'assistant'
        and a.user_id is not distinct from c.user_id
      order by a.seq desc limit 1
    ) end as answered,
    p.id, p.parent_id as "parentId", p.role, p.client_id as "clientId", p.parts, p.status
  from c left join path p on true
  order by p.depth desc`;

type Row = Omit<Thread, "owned" | "path" | "hasMore" | "seenSeq"> & {
  isMine: boolean;
  seenSeq: number;
} & (ThreadEntry | { id: null });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const nobody = {
  model: null,
  system: null,
  privacy: "any",
  reasoningEffort: null,
  webSearch: false,
  seenSeq: null,
  foundAs: null,
  path: [],
  hasMore: false,
  answered: null,
} satisfies Omit<Thread, "owned">;

/**
 * What a turn needs of its conversation: whose it is, and the newest messages of one path through it.
 *
 * @param upTo ids of messages, ours or those their writers gave them: the path ends with the first of them that is
 *   here. Without, or when none is, it is the path that is shown.
 */
export async function loadThread({
  id,
  userId,
  upTo = [],
}: {
  id: string;
  userId: string;
  upTo?: (string | undefined)[];
}): Promise<Thread> {
  const wanted: Record<string, string | null> = {};
  for (let n = 0; n < MAX_NAMES; n++) {
    const name = upTo[n] ?? null;
    wanted[`name${n}`] = name;
    wanted[`uuid${n}`] = name !== null && UUID.test(name) ? name : null;
  }
  const query = preparedSql(await db(), "chat_thread", threadQuery);
  const rows = rowsOf<Row>(await query.execute({ id, userId, ...wanted }));
  const end = rows.at(-1);
  if (!end) return { owned: "new", ...nobody };
  if (!end.isMine) return { owned: "foreign", ...nobody };
  const path = rows.flatMap((row) => (row.id === null ? [] : [entryOf(row)]));
  const { model, system, privacy, reasoningEffort, webSearch, seenSeq, foundAs, answered } = end;
  const chosen = { model, system, privacy, reasoningEffort, webSearch };
  const hasMore = path.length > THREAD_WINDOW;
  return { owned: "mine", ...chosen, seenSeq, foundAs, answered, path: path.slice(-THREAD_WINDOW), hasMore };
}

const entryOf = ({ id, parentId, role, clientId, parts, status }: ThreadEntry): ThreadEntry => ({
  id,
  parentId,
  role,
  clientId,
  parts,
  status,
});
