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
 * Whose a message is and where, asked in a way that no index answers. The embedded database keeps no statistics, and
 * without them the index of a whole conversation looks as good for one step of a path as that of the one message: every
 * step would read the whole conversation. For the same reason each step stands behind an `offset 0`, which keeps the
 * planner from joining a step with the whole conversation.
 */
export const isHere = ({ id, userId }: Place): SQL =>
  sql`(m.user_id, m.conversation_id) is not distinct from (${userId}::uuid, ${id}::uuid)`;

/**
 * A recursive table `up(n, id, parent_id)`: the path from a message to the first of all, the message itself being 1.
 * Every step goes by primary key and stays within one conversation of one owner.
 */
export const pathUp = ({ from, limit, ...place }: Place & { from: SQL; limit?: number }): SQL => sql`
  up as (
    select 1 as n, m.id, m.parent_id from ai.messages m where m.id = ${from} and ${isHere(place)}
    union all
    select up.n + 1, m.id, m.parent_id
    from up cross join lateral (select * from ai.messages m where m.id = up.parent_id and ${isHere(place)} offset 0) m
    ${limit === undefined ? sql`` : sql`where up.n < ${limit}::int`}
  )`;

/** A recursive table `under(id, seq, status)`: a message and all that hangs under it. Steps by the index of parents. */
export const subtree = ({ messageId, ...place }: Place & { messageId: string }): SQL => sql`
  under as (
    select m.id, m.seq, m.status from ai.messages m where m.id = ${messageId}::uuid and ${isHere(place)}
    union all
    select m.id, m.seq, m.status from under cross join lateral (
      select * from ai.messages m
      where m.parent_id = under.id and m.conversation_id = ${place.id}::uuid and ${isHere(place)} offset 0
    ) m
  )`;
