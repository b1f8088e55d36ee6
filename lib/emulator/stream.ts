import type { ServerResponse } from "node:http";
import { resetConnection } from "./call.ts";
import { COMMENT, type Frame } from "./frames.ts";

/** What goes wrong after a number of frames. `write` sends `data` and goes on; `end` sends it and ends the stream. */
export interface Fault {
  after: number;
  kind: "cut" | "reset" | "hang" | "write" | "end";
  data?: string;
}

interface StreamPlan {
  prefix: Buffer;
  frames: Frame[];
  closing: Buffer;
  /** What stands in the stream while nobody has anything to say; null: nothing does. */
  comment?: Buffer | null;
  firstTokenMs: number;
  tokenMs: number;
  splitUtf8: boolean;
  fault: Fault | undefined;
}

export type StreamEnd = "completed" | "aborted" | "cut";

interface StreamEvents {
  /** The tokens are counted: called once, before the reader can have seen the end. */
  settle(sentFrames: number, end: StreamEnd): void;
  /** The connection is done with: called once. */
  close(end: StreamEnd): void;
}

const COMMENT_EVERY_MS = 5_000;
const RESET_AFTER_MS = 20;

/**
 * Writes one answer at its pace: a comment at once, then one frame a token, then the closing chunks. One timer a stream;
 * tokens that fell due while the process was busy or the reader was slow are written together.
 */
export function streamAnswer(response: ServerResponse, plan: StreamPlan, events: StreamEvents) {
  const { prefix, frames, closing, comment = COMMENT, firstTokenMs, tokenMs, fault } = plan;
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  let restOfCharacter: Buffer | undefined;
  let faultPending = fault !== undefined;
  let silent = false;
  let end: StreamEnd | undefined;

  const settle = (how: StreamEnd) => {
    if (end) return;
    end = how;
    clearTimeout(timer);
    events.settle(next, how);
  };
  const finish = (how: StreamEnd, last?: Buffer | string) => {
    settle(how);
    response.end(last);
  };

  function writeFrame({ bytes, splitAt }: Frame) {
    if (!plan.splitUtf8 || splitAt === 0) return response.write(Buffer.concat([prefix, bytes]));
    restOfCharacter = bytes.subarray(splitAt);
    return response.write(Buffer.concat([prefix, bytes.subarray(0, splitAt)]));
  }

  /** @returns whether the stream goes on. */
  function meetFault({ kind, data = "" }: Fault): boolean {
    faultPending = false;
    if (kind === "write") response.write(data);
    if (kind === "end" || kind === "cut") finish("cut", data);
    if (kind === "hang") silent = true;
    if (kind === "reset") {
      settle("cut");
      timer = setTimeout(() => resetConnection(response), RESET_AFTER_MS); // what was written gets out first
    }
    return kind === "write";
  }

  function pump() {
    if (end || silent) return;
    const elapsed = performance.now() - startedAt - firstTokenMs;
    if (elapsed < -1) return; // a drain of the opening comment
    // The first frame carries the role and comes with the first token. Timers may fire a millisecond early.
    const due = tokenMs > 0 ? 2 + Math.floor((elapsed + 1) / tokenMs) : Number.POSITIVE_INFINITY;
    while (!response.writableNeedDrain) {
      if (restOfCharacter) {
        response.write(restOfCharacter);
        restOfCharacter = undefined;
        continue;
      }
      if (faultPending && fault && next >= Math.min(fault.after, frames.length) && !meetFault(fault)) return;
      const frame = frames[next];
      if (!frame) return finish("completed", closing);
      if (next >= due) return;
      next += 1;
      writeFrame(frame);
      if (restOfCharacter) {
        setImmediate(pump); // the rest goes out as a network chunk of its own
        return;
      }
    }
  }

  function wait() {
    const left = startedAt + firstTokenMs - performance.now();
    if (left >= 1) {
      timer = setTimeout(left > COMMENT_EVERY_MS ? remind : wait, Math.min(left, COMMENT_EVERY_MS));
      return;
    }
    if (tokenMs > 0) timer = setInterval(pump, tokenMs);
    pump();
  }
  function remind() {
    if (comment) response.write(comment);
    wait();
  }

  response.on("drain", pump);
  response.on("close", () => {
    settle("aborted");
    clearTimeout(timer);
    events.close(end === "completed" && !response.writableFinished ? "aborted" : (end ?? "aborted"));
  });
  if (comment) response.write(comment);
  else response.flushHeaders();
  wait();
}
