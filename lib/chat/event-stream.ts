import type { UIMessageChunk } from "ai";

export type Event = UIMessageChunk | "[DONE]";

type Source = {
  /** What has come since the last look; nothing, when there is no news. */
  next: () => Look | Promise<Look>;
  /** Resolves when it is worth looking again. */
  news: () => Promise<void>;
  /** The reader has everything or has gone. */
  onEnd: () => void;
};
type Look = { events: Event[]; isLast: boolean };

/**
 * Events as server-sent bytes. They are fetched only when the reader takes them, so one that does not read costs nothing;
 * those that have come meanwhile go out as one piece, because a write to the socket costs more than they do.
 */
export function streamOf({ next, news, onEnd }: Source): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const look = next();
          const { events, isLast } = look instanceof Promise ? await look : look;
          if (events.length > 0) controller.enqueue(encode(events));
          if (isLast) {
            controller.close();
            onEnd();
          }
          if (isLast || events.length > 0) return;
          await news();
        }
      },
      cancel: onEnd,
    },
    { highWaterMark: 0 },
  );
}

const encoder = new TextEncoder();
const encode = (events: Event[]) => encoder.encode(events.map(toLine).join(""));
const toLine = (event: Event) => `data: ${event === "[DONE]" ? event : JSON.stringify(event)}\n\n`;
