import { findRunning } from "@/lib/conversations/answer-log";
import { AppError } from "@/lib/errors";
import { followLog } from "./follow-log";
import { runs } from "./runs";

/**
 * The answer that is being written in a conversation, from its beginning and then live: from memory where this process
 * writes it, and from its log otherwise. Undefined when none is.
 *
 * @throws AppError `not_found`, also for other people's.
 */
export async function attach({
  id,
  userId,
}: {
  id: string;
  userId: string;
}): Promise<ReadableStream<Uint8Array> | undefined> {
  const run = runs().get(id);
  if (run?.userId === userId) return run.read();
  const { owned, answerId } = await findRunning({ id, userId });
  if (!owned) throw new AppError("not_found", "There is no such conversation.");
  return answerId === null ? undefined : followLog({ userId, answerId });
}
