import { and, desc, eq, sql } from "drizzle-orm";
import { type Db, db, prepared } from "@/lib/db/client";
import { conversations, messages, type TextPart } from "@/lib/db/schema";
import type { MessageStatus } from "./message";

/** How many of a conversation's newest messages are looked at for a turn, however long it has become. */
export const THREAD_WINDOW = 64;

export type ThreadEntry = {
  id: string;
  role: "user" | "assistant";
  clientId: string | null;
  parts: TextPart[];
  status: MessageStatus;
};
export type Thread = {
  owned: "new" | "mine" | "foreign";
  model: string | null;
  system: string | null;
  newest: ThreadEntry[];
};

const conversationQuery = (database: Db) =>
  database
    .select({ userId: conversations.userId, model: conversations.model, system: conversations.system })
    .from(conversations)
    .where(eq(conversations.id, sql.placeholder("id")))
    .prepare("chat_conversation");

const windowQuery = (database: Db) =>
  database
    .select({
      id: messages.id,
      role: messages.role,
      clientId: messages.clientId,
      parts: messages.parts,
      status: messages.status,
    })
    .from(messages)
    .where(
      and(
        eq(messages.userId, sql.placeholder("userId")),
        eq(messages.conversationId, sql.placeholder("id")),
        eq(messages.isCurrent, true),
      ),
    )
    .orderBy(desc(messages.seq))
    .limit(THREAD_WINDOW)
    .prepare("chat_window");

/** What a turn needs of its conversation: whose it is and its newest messages, oldest first. */
export async function loadThread({ id, userId }: { id: string; userId: string }): Promise<Thread> {
  const database = await db();
  const [found, newest] = await Promise.all([
    prepared(database, "chat_conversation", conversationQuery).execute({ id }),
    prepared(database, "chat_window", windowQuery).execute({ id, userId }),
  ]);
  const conversation = found[0];
  if (!conversation) return { owned: "new", model: null, system: null, newest: [] };
  if (conversation.userId !== userId) return { owned: "foreign", model: null, system: null, newest: [] };
  return { owned: "mine", model: conversation.model, system: conversation.system, newest: newest.reverse() };
}
