import { readLog } from "@/lib/conversations/answer-log";
import { GROWN, onSignal } from "@/lib/conversations/answer-signals";
import type { ThreadMessage } from "@/lib/conversations/message";
import { log } from "@/lib/log";
import { AnswerText, BEGINNING, placeAfter } from "./answer-text";
import { type Event, streamOf } from "./event-stream";
import { followers } from "./followers";

/** Where the database cannot tell us of news (a pooler, a connection just lost) they are this late. */
const LOOK_EVERY_MS = 1000;

/**
 * An answer that another process writes, from its beginning and then live, out of its log: at most half a second behind
 * its writer. When that process dies, the sweep ends the message, and with it this.
 */
export function followLog({ userId, answerId }: { userId: string; answerId: string }): ReadableStream<Uint8Array> {
  let from = 0;
  let place = BEGINNING;
  let isOver = false;
  let hasNews = false;
  let wake = () => {};
  const look = () => {
    hasNews = true;
    wake();
  };
  const unsubscribe = onSignal(GROWN, answerId, look);
  const timer = setInterval(look, LOOK_EVERY_MS);
  const end = () => {
    isOver = true;
    clearInterval(timer);
    unsubscribe();
    own.delete(end);
    if (own.size === 0 && followers().get(answerId) === own) followers().delete(answerId);
    wake();
  };
  const own = followers().get(answerId) ?? new Set();
  followers().set(answerId, own.add(end));

  return streamOf({
    async next() {
      hasNews = false;
      if (isOver) return { events: [], isLast: true };
      try {
        const { message, events, next } = await readLog({ userId, answerId, from });
        from = next;
        const told = events as Event[];
        for (const event of told) if (event !== "[DONE]") place = placeAfter(place, event);
        if (message?.status === "streaming") return { events: told, isLast: false };
        return { events: [...told, ...endingOf(message, place, from === 0)], isLast: true };
      } catch (error) {
        log.warn("an answer that another instance writes could not be read", { userId, err: error });
        return { events: [], isLast: true }; // without `[DONE]`: whoever reads knows that it was cut off, and comes back
      }
    },
    news: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (hasNews || isOver) resolve();
      }),
    onEnd: end,
  });
}

/** The rest of the text, which stands in the message only, and how it ended. */
function endingOf(message: ThreadMessage | undefined, place: typeof BEGINNING, isUnopened: boolean): Event[] {
  if (!message) return [{ type: "abort" }, "[DONE]"]; // deleted meanwhile
  const { id, parts, status, errorCode, finishReason, metadata } = message;
  const opening: Event[] = [{ type: "start", messageId: id, messageMetadata: metadata }, { type: "start-step" }];
  const closing: Event[] = [
    { type: "finish-step" },
    { type: "message-metadata", messageMetadata: { ...metadata, status, errorCode, finishReason } },
    status === "complete" ? { type: "finish", finishReason: "stop" } : { type: "abort" },
    "[DONE]",
  ];
  return [...(isUnopened ? opening : []), ...AnswerText.of(parts).since(place).events, ...closing];
}
