import { and, desc, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations } from "@/lib/db/schema";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import { decodeCursor, encodeCursor } from "./cursor";

type Page = { items: Conversation[]; nextCursor: string | null };

/** The caller's conversations, newest first, a page at a time by keyset, so that a deep page costs what the first does. */
export async function listConversations({
  userId,
  limit,
  cursor,
}: {
  userId: string;
  limit: number;
  cursor?: string;
}): Promise<Page> {
  const database = await db();
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const rows = await database
    .select(conversationColumns)
    .from(conversations)
    .where(
      and(
        eq(conversations.userId, userId),
        after && sql`(${conversations.updatedAt}, ${conversations.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(desc(conversations.updatedAt), desc(conversations.id))
    .limit(limit + 1);
  const items = rows.slice(0, limit).map(toConversation);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(last) : null };
}
