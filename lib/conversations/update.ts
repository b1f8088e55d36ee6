import { and, eq } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type Conversation, conversationColumns, toConversation } from "./conversation";
import type { ChoiceChange } from "./keep-choices";

type Change = ChoiceChange & { title?: string; pinned?: boolean; archived?: boolean; model?: string };

/** @throws AppError `not_found`, also for other people's. */
export async function updateConversation({
  id,
  userId,
  change,
}: {
  id: string;
  userId: string;
  change: Change;
}): Promise<Conversation> {
  const database = await db();
  const { title, pinned, archived, model, system, privacy, reasoningEffort, webSearch } = change;
  const choices = { system, privacy, reasoningEffort, webSearch };
  const [row] = await database
    .update(conversations)
    .set({ title, titleSource: title === undefined ? undefined : "user", pinned, archived, model, ...choices })
    .where(and(eq(conversations.id, id), eq(conversations.userId, userId)))
    .returning(conversationColumns);
  if (!row) throw new AppError("not_found", "There is no such conversation.");
  return toConversation(row);
}
