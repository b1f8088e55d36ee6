import { findRunning } from "@/lib/conversations/answer-log";
import { AppError } from "@/lib/errors";
import { followLog } from "./follow-log";
import { followers } from "./followers";
import { runs } from "./runs";

/** Nobody has so many tabs; each holds a connection, and what waits in its socket. */
const MAX_READERS = 20;
const tooManyReaders = () =>
  new AppError(
    "rate_limited",
    "This answer is read in too many places at once. It goes on. Close a tab, then reload.",
    {
      retryAfterSeconds: 5,
    },
  );

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
  if (run?.userId === userId) {
    if (run.readers() >= MAX_READERS) throw tooManyReaders();
    return run.read();
  }
  const { owned, answerId } = await findRunning({ id, userId });
  if (!owned) throw new AppError("not_found", "There is no such conversation.");
  if (answerId === null) return undefined;
  if ((followers().get(answerId)?.size ?? 0) >= MAX_READERS) throw tooManyReaders();
  return followLog({ userId, answerId });
}
