import type { TextPart } from "@/lib/db/schema";

/** The text of an answer as it grows: runs of reasoning and of text, in the order they came. */
export class AnswerText {
  readonly parts: TextPart[] = [];
  /** Characters so far: tells whether anything came since the last look. */
  length = 0;

  add(type: TextPart["type"], delta: string): void {
    this.length += delta.length;
    const last = this.parts.at(-1);
    if (last?.type === type) last.text += delta;
    else this.parts.push({ type, text: delta });
  }

  get isEmpty(): boolean {
    return !this.parts.some((part) => part.text !== "");
  }
}
