import { and, asc, eq } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations, messages } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import { type ThreadMessage, threadColumns, toThreadMessage } from "./message";

export type ConversationWithMessages = Conversation & { messages: ThreadMessage[] };

/** @throws AppError `not_found`, also for other people's. */
export async function readConversation({
  id,
  userId,
}: {
  id: string;
  userId: string;
}): Promise<ConversationWithMessages> {
  const database = await db();
  const [found, thread] = await Promise.all([
    database
      .select(conversationColumns)
      .from(conversations)
      .where(and(eq(conversations.id, id), eq(conversations.userId, userId))),
    database
      .select(threadColumns)
      .from(messages)
      .where(and(eq(messages.userId, userId), eq(messages.conversationId, id), eq(messages.isCurrent, true)))
      .orderBy(asc(messages.seq)),
  ]);
  if (!found[0]) throw new AppError("not_found", "There is no such conversation.");
  return { ...toConversation(found[0]), messages: thread.map(toThreadMessage) };
}
