import { and, eq, isNull } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";

/**
 * Forgets a file that was not sent. One that was belongs to its conversation and goes with it.
 *
 * @throws AppError `not_found`, also for other people's and for those that were sent.
 */
export async function removeAttachment({ id, userId }: { id: string; userId: string }): Promise<void> {
  const database = await db();
  const [row] = await database
    .delete(attachments)
    .where(and(eq(attachments.id, id), eq(attachments.userId, userId), isNull(attachments.conversationId)))
    .returning({ id: attachments.id });
  if (!row) throw new AppError("not_found", "There is no such file waiting to be sent.");
}
