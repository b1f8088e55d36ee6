import { and, eq } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";

/** Deletes a conversation with its messages. @throws AppError `not_found`, also for other people's. */
export async function removeConversation({ id, userId }: { id: string; userId: string }): Promise<void> {
  const database = await db();
  const [row] = await database
    .delete(conversations)
    .where(and(eq(conversations.id, id), eq(conversations.userId, userId)))
    .returning({ id: conversations.id });
  if (!row) throw new AppError("not_found", "There is no such conversation.");
}
