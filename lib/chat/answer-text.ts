import type { UIMessageChunk } from "ai";
import type { MessagePart } from "@/lib/db/schema";

/** How far somebody has read an answer: so many blocks, and so many characters of the next one. */
export type Place = { block: number; chars: number; isOpen: boolean };
export const BEGINNING: Place = { block: 0, chars: 0, isOpen: false };

type Source = Extract<MessagePart, { type: "source" }>;
type Block = TextBlock | Source;

/**
 * An answer as it grows: runs of reasoning and of text, and sources, in the order they came. It is kept once, however
 * many read it: a reader holds only its place, and is told everything behind it in as few events as possible.
 */
export class AnswerText {
  readonly #blocks: Block[] = [];
  /** Characters so far. */
  length = 0;
  #isEnded = false;

  add(type: TextBlock["type"], delta: string): void {
    if (delta === "") return;
    this.length += delta.length;
    const last = this.#blocks.at(-1);
    if (last?.type === type) last.add(delta);
    else this.#blocks.push(new TextBlock(type, delta));
  }

  addSource(url: string, title: string | null): void {
    this.length += url.length + (title?.length ?? 0);
    this.#blocks.push({ type: "source", url, title });
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true;
  }

  get isEmpty(): boolean {
    return !this.#blocks.some(({ type }) => type !== "source");
  }

  get parts(): MessagePart[] {
    return this.#blocks.map((block) => (block.type === "source" ? block : { type: block.type, text: block.from(0) }));
  }

  /** What has come since, as events of the AI SDK's UI message stream, and where that leads. */
  since({ block, chars, isOpen }: Place): { events: UIMessageChunk[]; place: Place } {
    const events: UIMessageChunk[] = [];
    for (; block < this.#blocks.length; block++, chars = 0, isOpen = false) {
      const here = this.#blocks[block];
      const id = String(block);
      if (!here) break;
      if (here.type === "source") {
        events.push({ type: "source-url", sourceId: id, url: here.url, title: here.title ?? undefined });
        continue;
      }
      const { type } = here;
      if (!isOpen) events.push({ type: `${type}-start`, id });
      isOpen = true;
      if (chars < here.length) events.push({ type: `${type}-delta`, id, delta: here.from(chars) });
      chars = here.length;
      if (!this.#isEnded && block === this.#blocks.length - 1) break;
      events.push({ type: `${type}-end`, id });
    }
    return { events, place: { block, chars, isOpen } };
  }

  /** An answer that has ended, from its stored parts. */
  static of(parts: MessagePart[]): AnswerText {
    const text = new AnswerText();
    for (const part of parts) {
      if (part.type === "source") text.addSource(part.url, part.title);
      else if (part.type !== "file") text.#blocks.push(new TextBlock(part.type, part.text));
    }
    text.end();
    return text;
  }
}

/** Where somebody stands who was at `place` and has been told one more event. */
export function placeAfter(place: Place, event: UIMessageChunk): Place {
  switch (event.type) {
    case "text-start":
    case "reasoning-start":
      return { ...place, chars: 0, isOpen: true };
    case "text-delta":
    case "reasoning-delta":
      return { ...place, chars: place.chars + event.delta.length };
    case "text-end":
    case "reasoning-end":
    case "source-url":
      return { block: place.block + 1, chars: 0, isOpen: false };
    default:
      return place;
  }
}

/** Small pieces are joined in lots of this many, so that each character is copied twice at the most. */
const LOT = 256;

/** One run of text. A string that grew by `+=` would be copied whole at every look. */
class TextBlock {
  readonly type: "text" | "reasoning";
  length = 0;
  readonly #pieces: string[] = [];
  /** Where each piece begins. */
  readonly #starts: number[] = [];
  #joined = 0;

  constructor(type: "text" | "reasoning", text: string) {
    this.type = type;
    this.add(text);
  }

  add(delta: string): void {
    this.#pieces.push(delta);
    this.#starts.push(this.length);
    this.length += delta.length;
    if (this.#pieces.length - this.#joined < LOT) return;
    this.#pieces.push(this.#pieces.splice(this.#joined).join(""));
    this.#joined += 1;
    this.#starts.length = this.#joined;
  }

  from(chars: number): string {
    let first = this.#starts.length - 1;
    while (first > 0 && (this.#starts[first] ?? 0) > chars) first--;
    const skipped = chars - (this.#starts[first] ?? 0);
    const text = first === this.#pieces.length - 1 ? (this.#pieces[first] ?? "") : this.#pieces.slice(first).join("");
    return skipped === 0 ? text : text.slice(skipped);
  }
}
