import { EventEmitter } from "node:events";

/** Where the bytes of an answer go. A `ServerResponse` is one as it is. */
export type Sink = {
  /** @returns false when no more should come until `drain`. */
  write: (bytes: Buffer) => boolean;
  end: () => unknown;
  /** Breaks the answer off, so that nobody takes it for whole. */
  destroy: () => unknown;
  once: (event: "drain" | "close", listener: () => void) => unknown;
};

/** The same for a route handler, which answers with a web stream. */
export function webStream(start: (sink: Sink) => void): ReadableStream<Uint8Array> {
  const events = new EventEmitter();
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        let isOver = false;
        const over = (close: () => void) => () => {
          if (isOver) return;
          isOver = true;
          close();
          events.emit("close");
        };
        events.once(
          "cancel",
          over(() => {}),
        );
        start({
          write: (bytes) => {
            if (isOver) return true;
            controller.enqueue(bytes);
            return (controller.desiredSize ?? 0) > 0;
          },
          end: over(() => controller.close()),
          destroy: over(() => controller.error(new Error("the answer was broken off"))),
          once: (event, listener) => events.once(event, listener),
        });
      },
      pull: () => void events.emit("drain"),
      cancel: () => void events.emit("cancel"),
    },
    { highWaterMark: 16 * 1024, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}
