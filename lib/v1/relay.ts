import type { Readable } from "node:stream";
import type { Sink } from "./sink";

/** Somebody who takes nothing for so long has gone without a word, and must not keep an answer open that costs. */
const STALLED_MS = 60_000;

type Tap = { push: (chunk: Buffer) => Buffer | undefined; end: () => Buffer | undefined };

/**
 * Hands an answer on as fast as it is taken and no faster: what is not taken stays with the provider.
 *
 * @param onEnd told once: `undefined` when the provider came to its end, else what went wrong.
 */
export function relay(
  { body, tap, sink, onEnd }: { body: Readable; tap: Tap; sink: Sink; onEnd: (failure?: unknown) => void },
  { stalledMs = STALLED_MS }: { stalledMs?: number } = {},
): void {
  let stalled: NodeJS.Timeout | undefined;
  let isOver = false;
  const over = (failure: unknown, finish: () => void) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(stalled);
    finish();
    onEnd(failure);
  };
  const write = (bytes: Buffer | undefined) => {
    if (bytes === undefined || sink.write(bytes) || isOver) return;
    body.pause();
    stalled = setTimeout(() => body.destroy(new Error("nobody takes the answer")), stalledMs);
    sink.once("drain", () => {
      clearTimeout(stalled);
      body.resume();
    });
  };
  body.on("data", (chunk: Buffer) => write(tap.push(chunk)));
  body.once("end", () => {
    write(tap.end());
    over(undefined, () => sink.end());
  });
  body.once("error", (error) => over(error, () => sink.destroy()));
  body.once("close", () => over(new Error("the answer broke off"), () => sink.destroy()));
  sink.once("close", () => {
    over(new Error("the reader has gone"), () => {});
    if (!body.readableEnded) body.destroy();
  });
  // The reader may have gone before there was anything to tell it by.
  if (body.destroyed) over(new Error("the answer broke off"), () => sink.destroy());
}
