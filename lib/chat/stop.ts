import { requestStop } from "@/lib/conversations/request-stop";
import { runs } from "./runs";

/**
 * Stops the running answer of a conversation, on whichever instance it is written, and keeps its text. When it runs
 * here, the text is saved by the time this returns.
 *
 * @throws AppError `not_found` when the conversation is not the caller's.
 */
export async function stopAnswer({ id, userId }: { id: string; userId: string }): Promise<void> {
  const run = runs().get(id);
  if (run?.userId === userId) {
    run.stop();
    await run.ended;
    return;
  }
  await requestStop({ id, userId });
}

/**
 * Stops all answers of a user that this process writes; `requestStopAll` reaches those of other instances within a
 * second. Their text is saved by the time this returns.
 */
export async function stopOwnAnswers(userId: string): Promise<void> {
  const own = [...runs().values()].filter((run) => run.userId === userId);
  for (const run of own) run.stop();
  await Promise.all(own.map(({ ended }) => ended));
}
