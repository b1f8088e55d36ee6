import { type Block, BlockReader } from "./markdown/blocks";
import { languageName } from "./markdown/languages";
import { lastSentenceEnd } from "./sentences";

/** Marks of Markdown that nobody wants to hear, in the order in which they are taken away. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/!\[([^\]]*)\]\([^)\s]*(?:\s[^)]*)?\)/g, "Picture: $1"],
  [/\[([^\]]+)\](?:\([^)\s]*(?:\s[^)]*)?\)|\[[^\]]*\])/g, "$1"],
  [/\[\^[^\]\s]{1,60}\]/g, ""],
  [/https?:\/\/([^\s/]+)[^\s]*/g, "$1"],
  [/^\s{0,3}(?:#{1,6}|>|[-*+])\s+(?:\[([ xX])\]\s+)?/gm, ""],
  [/^\s*(?:[-*_]\s*){3,}$/gm, ""],
  [/<br\s*\/?>/gi, " "],
  [/\$\$|\\[[\]()]/g, " "],
  [/(\*\*|__|~~|`+)/g, ""],
  [/(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)/g, ""],
];

/** The last lines of a growing text that may turn out to be the head of a table. */
const MAY_BE_TABLE = /(^|\n)\|[^\n]*(?:\n[ \t|:-]*)?$/;

export function plainWords(markdown: string): string {
  let text = markdown;
  for (const [mark, word] of MARKS) text = text.replace(mark, word);
  return text.replace(/\s+/g, " ").trim();
}

const linesIn = (pieces: readonly string[]) =>
  pieces.reduce((lines, piece) => lines + piece.trimEnd().split("\n").length, 0);
const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? "" : "s"}`;

function asOne(block: Exclude<Block, { kind: "text" }>): string {
  if (block.kind === "table") return `A table with ${counted(linesIn(block.pieces), "row")}.`;
  return `Code: ${languageName(block.language)}, ${counted(linesIn(block.pieces), "line")}.`;
}

/** What a listener hears of a growing answer: whole sentences without their marks; code and tables by name and size. */
export class AnswerSpeech {
  #reader = new BlockReader();
  #block = 0;
  #upTo = 0;

  /** What has become whole since the last call. */
  next(text: string, isDone: boolean): string {
    const { blocks } = this.#reader.read(text);
    const words: string[] = [];
    for (; this.#block < blocks.length; this.#block++, this.#upTo = 0) {
      const block = blocks[this.#block];
      const isWhole = isDone || this.#block < blocks.length - 1;
      if (block?.kind === "text") {
        const end = isWhole ? block.text.length : lastSentenceEnd(block.text.replace(MAY_BE_TABLE, "$1"));
        words.push(plainWords(block.text.slice(this.#upTo, end)));
        this.#upTo = Math.max(this.#upTo, end);
      } else if (block && isWhole) words.push(asOne(block));
      if (!isWhole) break;
    }
    return words.filter((word) => word !== "").join(" ");
  }
}
