import { and, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations } from "@/lib/db/schema";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import { decodeCursor, encodeCursor } from "./cursor";
import { newestFirst } from "./newest-first";

type Page = { items: Conversation[]; nextCursor: string | null };
type Group = { userId: string; archived: boolean; pinned: boolean };

/**
 * The caller's conversations, a page at a time by keyset, so that a deep page costs what the first does: the pinned ones,
 * then the others, each newest first. The archived are a list of their own.
 */
export async function listConversations({
  userId,
  limit,
  cursor,
  archived = false,
}: {
  userId: string;
  limit: number;
  cursor?: string;
  archived?: boolean;
}): Promise<Page> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const startsPinned = after?.pinned ?? after === undefined;
  const wanted = limit + 1;
  const pinned = startsPinned ? await readGroup({ userId, archived, pinned: true }, wanted, after) : [];
  const rest = wanted - pinned.length;
  const others =
    rest > 0 ? await readGroup({ userId, archived, pinned: false }, rest, startsPinned ? undefined : after) : [];
  const rows = [...pinned, ...others];
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(last) : null };
}

async function readGroup(
  { userId, archived, pinned }: Group,
  count: number,
  after: { at: string; id: string } | undefined,
): Promise<Conversation[]> {
  const rows = await (await db())
    .select(conversationColumns)
    .from(conversations)
    .where(
      and(
        eq(conversations.userId, userId),
        eq(conversations.archived, archived),
        eq(conversations.pinned, pinned),
        after && sql`(${conversations.updatedAt}, ${conversations.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(newestFirst(conversations.updatedAt), newestFirst(conversations.id))
    .limit(count);
  return rows.map(toConversation);
}
