import { type SQL, sql } from "drizzle-orm";

type Place = { id: string; userId: string };

/** The end of the path that is shown. */
export const leafOf = ({ id, userId }: Place): SQL =>
  sql`(select leaf_id from ai.conversations where id = ${id}::uuid and user_id = ${userId}::uuid)`;

/** What a message stands under. */
export const parentOf = ({ id, userId, messageId }: Place & { messageId: string }): SQL => sql`(
  select parent_id from ai.messages
  where id = ${messageId}::uuid and user_id = ${userId}::uuid and conversation_id = ${id}::uuid)`;

/**
 * A recursive table `up(n, id, parent_id)`: the path from a message to the first of all, the message itself being 1.
 * Every step goes by primary key and stays within one conversation of one owner.
 */
export const pathUp = ({ id, userId, from, limit }: Place & { from: SQL; limit?: number }): SQL => sql`
  up as (
    select 1 as n, m.id, m.parent_id from ai.messages m
    where m.id = ${from} and m.user_id = ${userId}::uuid and m.conversation_id = ${id}::uuid
    union all
    select up.n + 1, m.id, m.parent_id from up join ai.messages m on m.id = up.parent_id
      and m.user_id = ${userId}::uuid and m.conversation_id = ${id}::uuid
    ${limit === undefined ? sql`` : sql`where up.n < ${limit}::int`}
  )`;

/** A recursive table `under(id, seq, status)`: a message and all that hangs under it. */
export const subtree = ({ id, userId, messageId }: Place & { messageId: string }): SQL => sql`
  under as (
    select m.id, m.seq, m.status from ai.messages m
    where m.id = ${messageId}::uuid and m.user_id = ${userId}::uuid and m.conversation_id = ${id}::uuid
    union all
    select m.id, m.seq, m.status from under join ai.messages m on m.parent_id = under.id
      and m.user_id = ${userId}::uuid and m.conversation_id = ${id}::uuid
  )`;
