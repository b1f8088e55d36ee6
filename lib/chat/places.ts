import { maxRunning, tooManyAnswers } from "@/lib/conversations/max-running";
import { runs } from "./runs";

const shared = globalThis as { __chatelainePlaces?: Map<string, number> };

/** Answers of this process that are in no conversation, or not yet. */
export const placesTaken = (): number => shared.__chatelainePlaces?.size ?? 0;

/**
 * Keeps a place for an answer from before it is stored until its run counts. The statement that stores it counts the
 * answers of all instances, but cannot see what is stored at the same moment: those of this process are kept apart here.
 *
 * @returns gives the place back.
 * @throws AppError `conflict` when there is none left.
 */
export function takePlace(userId: string): () => void {
  shared.__chatelainePlaces ??= new Map();
  const taken = shared.__chatelainePlaces;
  const waiting = taken.get(userId) ?? 0;
  const running = [...runs().values()].filter((run) => run.userId === userId).length;
  if (waiting + running >= maxRunning()) throw tooManyAnswers();
  taken.set(userId, waiting + 1);
  return () => {
    const left = (taken.get(userId) ?? 1) - 1;
    if (left > 0) taken.set(userId, left);
    else taken.delete(userId);
  };
}
