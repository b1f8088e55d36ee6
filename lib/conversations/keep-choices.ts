import { sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";

/** What somebody changes of a conversation's choices: what it asks of every model. */
export type ChoiceChange = {
  system?: string | null;
  privacy?: "any" | "no_training" | "zero_retention";
  reasoningEffort?: "low" | "medium" | "high" | null;
  webSearch?: boolean;
};

/**
 * Stores what came along with a question as the conversation's choices, which makes the conversation when it is new.
 *
 * @throws AppError `not_found` when the conversation is somebody else's.
 */
export async function keepChoices({
  userId,
  conversationId,
  choices,
}: {
  userId: string;
  conversationId: string;
  choices: ChoiceChange;
}): Promise<void> {
  const { system, privacy, reasoningEffort, webSearch } = choices;
  const given = { system, privacy, reasoningEffort, webSearch };
  const database = await db();
  const [row] = await database
    .insert(conversations)
    .values({ id: conversationId, userId, ...given })
    .onConflictDoUpdate({
      target: conversations.id,
      set: { ...given, id: sql`excluded.id` }, // something is always set: an empty set is no statement
      setWhere: sql`${conversations.userId} = ${userId}`,
    })
    .returning({ id: conversations.id });
  if (!row) throw new AppError("not_found", "There is no such conversation.");
}
