import { connection } from "@/lib/db/client";
import { log } from "@/lib/log";

/** Channels of PostgreSQL's NOTIFY; the payload is the answer's id. */
export const GROWN = "answer_grown";
export const STOP_ASKED = "answer_stop_asked";
type Channel = typeof GROWN | typeof STOP_ASKED;

type Heard = { byAnswer: Map<string, Set<() => void>>; listening?: Promise<void> };
const shared = globalThis as { __chatelaineSignals?: Record<Channel, Heard> };

const heard = (channel: Channel): Heard => {
  shared.__chatelaineSignals ??= { [GROWN]: { byAnswer: new Map() }, [STOP_ASKED]: { byAnswer: new Map() } };
  return shared.__chatelaineSignals[channel];
};

/**
 * Calls back when another process has something to say about an answer. It is a shortcut and no more: whoever waits
 * looks by itself as well, because a pooler may swallow notices and a broken connection loses them.
 *
 * @returns ends it.
 */
export function onSignal(channel: Channel, answerId: string, callback: () => void): () => void {
  const { byAnswer } = heard(channel);
  const callbacks = byAnswer.get(answerId) ?? new Set();
  byAnswer.set(answerId, callbacks.add(callback));
  listen(channel);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0 && byAnswer.get(answerId) === callbacks) byAnswer.delete(answerId);
  };
}

/** From the first time somebody waits, for the life of the process; the driver connects again by itself. */
function listen(channel: Channel): void {
  const signals = heard(channel);
  signals.listening ??= (async () => {
    const { listen: subscribe } = await connection();
    await subscribe?.(channel, (answerId) => {
      for (const callback of signals.byAnswer.get(answerId) ?? []) callback();
    });
  })().catch((error: unknown) => {
    signals.listening = undefined; // the next who waits tries again
    log.warn("notices of other instances cannot be heard", { err: error });
  });
}
