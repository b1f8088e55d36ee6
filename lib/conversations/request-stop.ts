import { and, eq, sql } from "drizzle-orm";
import { type DbOrTx, db } from "@/lib/db/client";
import { conversations, messages } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { STOP_ASKED } from "./answer-signals";

/** Its writer hears of it at once where the database can tell it, and otherwise when it next shows that it lives. */
const told = { id: messages.id, told: sql`pg_notify(${STOP_ASKED}, ${messages.id}::text)` };

/**
 * Asks whoever writes the running answer of a conversation, on whichever instance, to stop.
 *
 * @returns whether there was one.
 * @throws AppError `not_found` when the conversation is not the caller's.
 */
export async function requestStop({ id, userId }: { id: string; userId: string }): Promise<boolean> {
  const database = await db();
  const stopped = await database
    .update(messages)
    .set({ stopRequestedAt: sql`now()` })
    .where(and(eq(messages.userId, userId), eq(messages.conversationId, id), eq(messages.status, "streaming")))
    .returning(told);
  if (stopped.length > 0) return true;
  const [owned] = await database
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.id, id), eq(conversations.userId, userId)));
  if (!owned) throw new AppError("not_found", "There is no such conversation.");
  return false;
}

/**
 * The same for all answers of a user, wherever they are written.
 *
 * @param on the caller's transaction, if it has one
 * @returns how many there were
 */
export async function requestStopAll(userId: string, on?: DbOrTx): Promise<number> {
  const stopped = await (on ?? (await db()))
    .update(messages)
    .set({ stopRequestedAt: sql`now()` })
    .where(and(eq(messages.userId, userId), eq(messages.status, "streaming")))
    .returning(told);
  return stopped.length;
}
