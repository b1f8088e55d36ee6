import { db } from "@/lib/db/client";
import { conversations } from "@/lib/db/schema";
import { type Conversation, conversationColumns, toConversation } from "./conversation";

type NewConversation = { userId: string; title?: string; model?: string; system?: string };

export async function createConversation({ userId, title, model, system }: NewConversation): Promise<Conversation> {
  const database = await db();
  const [row] = await database
    .insert(conversations)
    .values({ userId, title, titleSource: title === undefined ? undefined : "user", model, system })
    .returning(conversationColumns);
  if (!row) throw new Error("an insert returned no row");
  return toConversation(row);
}
