import type { Provider } from "@/lib/providers/provider";
import { noteHead, noteUsage, type Used } from "./usage";

const LINE_END = 0x0a;
/** A picture may come as one line: past this it is handed on in pieces, unread. */
const MAX_HELD_BYTES = 64 * 1024;
const DATA = "data: ";

type Tap = {
  asked: { provider: Provider; model: string };
  used: Used;
  /** The provider's own failure in the middle of its answer, in our words in the place of its. */
  onError: (error: unknown) => Record<string, unknown>;
  /** Text of the answer, where somebody wants it: then every chunk is read, else hardly any. */
  onText?: (text: string) => void;
};

/**
 * Reads a stream of server-sent events on its way. Bytes go on as they came, at once; only the beginning of a line whose
 * rest has not come yet waits for it, which no reader could have used. What is read is the first event, and those that
 * hold usage or an error.
 */
export class StreamTap {
  readonly #tap: Tap;
  #held: Buffer | undefined;
  #hasHead = false;
  #isFailed = false;
  #isDone = false;

  constructor(tap: Tap) {
    this.#tap = tap;
  }

  /** An answer that does not say so was cut off. */
  get isDone(): boolean {
    return this.#isDone;
  }
  get isFailed(): boolean {
    return this.#isFailed;
  }

  /** @returns what can go on now. */
  push(chunk: Buffer): Buffer | undefined {
    const end = chunk.lastIndexOf(LINE_END) + 1;
    if (end === chunk.length && this.#held === undefined) return this.#read(chunk);
    const all = this.#held ? Buffer.concat([this.#held, chunk]) : chunk;
    const cut = end === 0 ? 0 : all.length - (chunk.length - end);
    if (all.length - cut > MAX_HELD_BYTES) {
      this.#held = undefined;
      return all;
    }
    this.#held = cut === all.length ? undefined : all.subarray(cut);
    return cut === 0 ? undefined : this.#read(all.subarray(0, cut));
  }

  /** @returns what was still held back. */
  end(): Buffer | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held && this.#read(held);
  }

  #read(lines: Buffer): Buffer {
    // As keys these stand between plain quotes; inside a text of the answer theirs would be escaped.
    const failed = lines.includes('"error"');
    const isPlain = this.#hasHead && !failed && this.#tap.onText === undefined && !lines.includes('"usage"');
    if (!this.#isDone && lines.includes("[DONE]")) this.#isDone = /^data: ?\[DONE\]/m.test(lines.toString("latin1"));
    if (isPlain) return lines;
    const read = lines.toString("utf8").split("\n");
    const written = read.map((line) => this.#readLine(line));
    return failed && written.some((line, at) => line !== read[at]) ? Buffer.from(written.join("\n")) : lines;
  }

  #readLine(line: string): string {
    if (!line.startsWith(DATA)) return line;
    const event = parse(line.slice(DATA.length));
    if (event === undefined) return line;
    const { used, asked, onError, onText } = this.#tap;
    if (!this.#hasHead) {
      noteHead(used, event);
      this.#hasHead = true;
    }
    if (event.usage) noteUsage(used, event.usage, asked);
    if (onText) onText(textOf(event));
    if (!event.error) return line;
    this.#isFailed = true;
    const { id, object, created, model } = event;
    const choices = [{ index: 0, delta: { content: "" }, finish_reason: "error" }];
    return DATA + JSON.stringify({ id, object, created, model, choices, error: onError(event.error) });
  }
}

type Event = Record<string, unknown>;

function parse(text: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Event) : undefined;
  } catch {
    return undefined; // a comment, [DONE], or broken by the provider: the reader's to judge
  }
}

function textOf({ choices }: Event): string {
  const [first] = Array.isArray(choices) ? choices : [];
  const text = (first as { delta?: { content?: unknown } } | undefined)?.delta?.content;
  return typeof text === "string" ? text : "";
}
