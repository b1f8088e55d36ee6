import { and, desc, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations, messages } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { withTextSoFar } from "./answer-log";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import { type ThreadMessage, threadColumns, toThreadMessage } from "./message";
import { isHere, leafOf, parentOf, pathUp } from "./path";

/** `messages`: of the path that is shown, oldest first. `hasEarlier`: more of it lies above the first of them. */
export type ConversationWithMessages = Conversation & { messages: ThreadMessage[]; hasEarlier: boolean };

/** As many messages as are read when nobody says how many. */
export const PAGE_SIZE = 100;

/**
 * A conversation with the newest messages of its path, or, with `before`, with those above that message. A page costs
 * the same however long the conversation is.
 *
 * @throws AppError `not_found`, also for other people's.
 */
export async function readConversation({
  id,
  userId,
  before,
  limit = PAGE_SIZE,
}: {
  id: string;
  userId: string;
  before?: string;
  limit?: number;
}): Promise<ConversationWithMessages> {
  const database = await db();
  const place = { id, userId };
  const from = before === undefined ? leafOf(place) : parentOf({ ...place, messageId: before });
  const path = sql`(
    with recursive ${pathUp({ ...place, from, limit: limit + 1 })}
    select up.n, up.id, ${placesOf(place)} as places from up
  ) as path`;
  const [found, thread] = await Promise.all([
    database
      .select(conversationColumns)
      .from(conversations)
      .where(and(eq(conversations.id, id), eq(conversations.userId, userId))),
    database
      .select({ ...threadColumns, places: sql<string[] | null>`path.places` })
      .from(messages)
      .innerJoin(path, sql`path.id = ${messages.id}`)
      .where(eq(messages.userId, userId))
      .orderBy(desc(sql`path.n`)),
  ]);
  if (!found[0]) throw new AppError("not_found", "There is no such conversation.");
  const shown = thread.slice(-limit).map(({ places, ...row }) => toThreadMessage(row, places));
  return { ...toConversation(found[0]), messages: await withTextSoFar(shown), hasEarlier: thread.length > limit };
}

/** The ids of all that stand in the place of a message of `up`; null when it stands there alone. */
const placesOf = ({ id, userId }: { id: string; userId: string }) => sql`(
  select case when count(*) > 1 then json_agg(beside.id order by beside.seq) end from (
    select m.id, m.seq from ai.messages m
    where m.conversation_id = ${id}::uuid and m.parent_id = up.parent_id and ${isHere({ id, userId })}
    union all
    select m.id, m.seq from ai.messages m
    where up.parent_id is null and m.conversation_id = ${id}::uuid and m.parent_id is null and ${isHere({ id, userId })}
  ) beside)`;
