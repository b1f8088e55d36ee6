/** A piece of an answer that is laid out by itself. What stands above the last one never changes as the answer grows. */
export type Block = TextBlock | CodeBlock | TableBlock;
type At = {
  /** Where it begins in the answer: its name for as long as the answer is on screen. */
  at: number;
};
export type TextBlock = At & {
  kind: "text";
  text: string;
  /** It was cut off the block before because that became long; on screen the two are one. */
  continues: boolean;
  /** Link definitions from elsewhere in the answer that it uses. */
  definitions: string;
};
export type CodeBlock = At & { kind: "code"; language: string; pieces: string[] };
export type TableBlock = At & { kind: "table"; head: string; pieces: string[] };
export type Note = { id: string; text: string };

export type Blocks = {
  blocks: readonly Block[];
  /** Footnotes, in the order in which they are defined. */
  notes: readonly Note[];
  /** Footnotes' numbers, in the order in which they are first referred to. */
  noteNumbers: ReadonlyMap<string, number>;
};

/** Work on one block is bounded by its size, so a block is cut about here. Longer ones are rare in what people read. */
const LONG = 3000;
const LINES_A_PIECE = 40;
const MAX_DEFINITIONS = 200;
const MAX_NOTES = 500;

const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`\n]*)$/;
const NESTED_FENCE = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)?(`{3,}|~{3,})/;
const LIST_ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])(?=\s|$)/;
const HEADING = /^ {0,3}#{1,6}(\s|$)/;
const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const NOTE = /^\[\^([^\]\s]{1,60})\]:[ \t]?/;
const NOTE_REFERENCE = /\[\^([^\]\s]{1,60})\](?!:)/g;
const DEFINITION = /^ {0,3}\[(?!\^)([^[\]\n]{1,200})\]:[ \t]*\S.{0,1000}$/gm;
const INTERRUPTS_TABLE = /^ {0,3}(>|#{1,6}\s|`{3,}|~{3,})/;

type OpenText = { kind: "text"; at: number; list: boolean; blank: boolean; until: string | null; continues: boolean };
type OpenCode = { kind: "code"; at: number; fence: string; indent: number; language: string } & Pieces;
type OpenTable = { kind: "table"; at: number; head: string } & Pieces;
type OpenNote = { kind: "note"; at: number; id: string; textAt: number; blank: boolean };
type Pieces = { done: string[]; pieceAt: number; lines: number };
type Open = OpenText | OpenCode | OpenTable | OpenNote | null;

/** The characters that close a formula which `line` opens and does not close. */
function formulaOpenedBy(line: string): string | null {
  const text = line.trimStart();
  if (text.startsWith("$$") && !text.slice(2).includes("$$")) return "$$";
  if (text.startsWith("\\[") && !text.includes("\\]")) return "\\]";
  return null;
}

const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/).length;

const withoutMargin = (text: string, width: number) => text.replace(new RegExp(`^ {1,${width}}`, "gm"), "");

/**
 * Cuts a growing answer into blocks. Each line is looked at once, however long the answer becomes; only the last line,
 * which may be unfinished, is looked at again.
 */
export class BlockReader {
  #source = "";
  #read = 0;
  #open: Open = null;
  #blocks: Block[] = [];
  #notes: Note[] = [];
  #numbers = new Map<string, number>();
  #definitions = new Map<string, string>();

  /** @param source the answer so far. One that does not go on from the one before is read from the beginning. */
  read(source: string): Blocks {
    if (!source.startsWith(this.#source)) this.#restart();
    this.#source = source;
    for (;;) {
      const end = source.indexOf("\n", this.#read);
      if (end === -1 && source.length - this.#read < LONG * 2) break;
      const cut = end === -1 || end - this.#read > LONG * 2 ? this.#cutAt() : end + 1;
      this.#line(this.#read, cut);
      this.#read = cut;
    }
    return this.#withUnfinished();
  }

  /** A line that nobody wrote to be read (a megabyte without a line end) is cut between words, else anywhere. */
  #cutAt(): number {
    const space = this.#source.lastIndexOf(" ", this.#read + LONG);
    return space > this.#read + LONG / 2 ? space + 1 : this.#read + LONG;
  }

  #restart(): void {
    this.#read = 0;
    this.#open = null;
    this.#blocks = [];
    this.#notes = [];
    this.#numbers = new Map();
    this.#definitions = new Map();
  }

  /** The blocks as if the answer ended here; then everything the unfinished end has changed is taken back. */
  #withUnfinished(): Blocks {
    const open = this.#open;
    const [blocks, notes] = [this.#blocks.length, this.#notes.length];
    const [numbers, definitions] = [new Map(this.#numbers), this.#definitions];
    this.#definitions = new Map(definitions);
    const before = [...this.#blocks];
    const pieces = open && "done" in open ? open.done.length : 0;
    const end = this.#mayBecomeClosingFence() ? this.#read : this.#source.length;
    if (this.#read < end) this.#line(this.#read, end);
    this.#close(end);
    const seen = { blocks: [...this.#blocks], notes: [...this.#notes], noteNumbers: this.#numbers };
    this.#open = open;
    if (open && "done" in open) open.done.length = pieces;
    this.#blocks = before;
    this.#blocks.length = blocks;
    this.#notes.length = notes;
    this.#numbers = numbers;
    this.#definitions = definitions;
    return seen;
  }

  #mayBecomeClosingFence(): boolean {
    if (this.#open?.kind !== "code") return false;
    const rest = this.#source.slice(this.#read).trim();
    return rest !== "" && this.#open.fence.startsWith(rest);
  }

  #line(start: number, end: number): void {
    const line = this.#source.slice(start, end).replace(/\r?\n$/, "");
    const open = this.#open;
    if (open?.kind === "code") this.#codeLine(open, line, start, end);
    else if (!this.#goesOn(open, line, start, end) && line.trim() !== "") this.#begin(line, start, end);
  }

  /** Whether the line belongs to what is open; if not, that is closed by now. */
  #goesOn(open: Exclude<Open, OpenCode>, line: string, start: number, end: number): boolean {
    const isBlank = line.trim() === "";
    if (open?.kind === "text") return this.#staysInText(open, line, isBlank, start, end);
    if (open?.kind === "table" && !isBlank && !INTERRUPTS_TABLE.test(line)) {
      this.#grow(open, end);
      return true;
    }
    if (open?.kind === "note") {
      const goesOn = isBlank || (!NOTE.test(line) && (!open.blank || /^( {2}|\t)/.test(line)));
      if (goesOn) {
        this.#open = { ...open, blank: isBlank };
        return true;
      }
    }
    this.#close(start);
    return false;
  }

  #codeLine(open: OpenCode, line: string, start: number, end: number): void {
    const rest = line.trim();
    const closes = rest.startsWith(open.fence) && rest.split("").every((mark) => mark === open.fence[0]);
    if (closes && !/^ {4}/.test(line)) this.#close(start);
    else this.#grow(open, end);
  }

  #grow(open: OpenCode | OpenTable, end: number): void {
    const lines = open.lines + 1;
    const isFull = lines >= LINES_A_PIECE || end - open.pieceAt > LONG;
    if (isFull) open.done.push(this.#source.slice(open.pieceAt, end));
    this.#open = isFull ? { ...open, pieceAt: end, lines: 0 } : { ...open, lines };
  }

  #staysInText(open: OpenText, line: string, isBlank: boolean, start: number, end: number): boolean {
    if (open.until !== null) {
      if (!line.includes(open.until) && end - open.at < LONG) return true;
      const isFence = /^[`~]/.test(open.until);
      this.#open = { ...open, until: null };
      if (!isFence && !open.list) this.#close(end);
      return true;
    }
    if (isBlank) {
      if (open.list) this.#open = { ...open, blank: true };
      else this.#close(start);
      return true;
    }
    const isItem = LIST_ITEM.test(line);
    const isLong = start - open.at >= LONG;
    if (open.list && !(isLong && (isItem || start - open.at > LONG * 2))) {
      const isInside = /^( {2}|\t)/.test(line);
      if (open.blank && !isInside && !isItem) {
        this.#close(start);
        return false;
      }
      if (!isInside && (FENCE.test(line) || HEADING.test(line))) {
        this.#close(start);
        return false;
      }
      const until = NESTED_FENCE.exec(line)?.[1] ?? formulaOpenedBy(line);
      this.#open = { ...open, blank: false, until };
      return true;
    }
    if (isLong) {
      this.#close(start);
      this.#open = { kind: "text", at: start, list: isItem, blank: false, until: null, continues: true };
      return true;
    }
    if (FENCE.test(line) || HEADING.test(line) || NOTE.test(line) || formulaOpenedBy(line)) {
      this.#close(start);
      return false;
    }
    if (DELIMITERS.test(line) && line.includes("-") && this.#beginTable(open, line, start, end)) return true;
    if (isItem) this.#open = { ...open, list: true };
    return true;
  }

  #beginTable(open: OpenText, line: string, start: number, end: number): boolean {
    const headAt = Math.max(open.at, this.#source.lastIndexOf("\n", start - 2) + 1);
    const head = this.#source.slice(headAt, start);
    if (!head.includes("|") || cellsOf(head) !== cellsOf(line) || /^ {0,3}>/.test(head)) return false;
    if (headAt > open.at) this.#close(headAt);
    const both = `${head}${line}\n`;
    this.#open = { kind: "table", at: headAt, head: both, done: [], pieceAt: end, lines: 0 };
    return true;
  }

  #begin(line: string, start: number, end: number): void {
    const [, indent = "", fence, info = ""] = FENCE.exec(line) ?? [];
    const note = NOTE.exec(line);
    if (fence) {
      const language = info.trim().split(/\s/, 1)[0] ?? "";
      const pieces = { done: [], pieceAt: end, lines: 0 };
      this.#open = { kind: "code", at: start, fence, indent: indent.length, language, ...pieces };
    } else if (note?.[1]) {
      this.#open = { kind: "note", at: start, id: note[1], textAt: start + note[0].length, blank: false };
    } else {
      const isList = LIST_ITEM.test(line);
      const until = (isList ? NESTED_FENCE.exec(line)?.[1] : undefined) ?? formulaOpenedBy(line);
      this.#open = { kind: "text", at: start, list: isList, blank: false, until, continues: false };
      if (HEADING.test(line)) this.#close(end);
    }
  }

  #close(end: number): void {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    const { at } = open;
    if (open.kind === "note") {
      if (this.#notes.length >= MAX_NOTES || this.#notes.some(({ id }) => id === open.id)) return;
      const text = this.#source
        .slice(open.textAt, end)
        .trim()
        .replace(/^( {2,4}|\t)/gm, "");
      this.#notes.push({ id: open.id, text });
    } else if (open.kind === "text") {
      const text = this.#source.slice(at, end);
      this.#learn(text);
      this.#blocks.push({ kind: "text", at, text, continues: open.continues, definitions: this.#usedBy(text) });
    } else {
      const last = this.#source.slice(open.pieceAt, end);
      const pieces = last === "" ? [...open.done] : [...open.done, last];
      if (open.kind === "table") this.#blocks.push({ kind: "table", at, head: open.head, pieces });
      else {
        const code = open.indent > 0 ? pieces.map((piece) => withoutMargin(piece, open.indent)) : pieces;
        this.#blocks.push({ kind: "code", at, language: open.language, pieces: code });
      }
    }
  }

  /** Takes note of what a text defines for others, and of the footnotes it refers to. */
  #learn(text: string): void {
    for (const [, id = ""] of text.matchAll(NOTE_REFERENCE)) {
      if (!this.#numbers.has(id)) this.#numbers.set(id, this.#numbers.size + 1);
    }
    if (!text.includes("]:")) return;
    let isNew = false;
    for (const [line, label = ""] of text.matchAll(DEFINITION)) {
      const name = label.toLowerCase();
      if (this.#definitions.has(name) || this.#definitions.size >= MAX_DEFINITIONS) continue;
      this.#definitions.set(name, line.trim());
      isNew = true;
    }
    // Links are mostly defined at the end: what stands above and uses them is laid out once more.
    if (!isNew) return;
    this.#blocks = this.#blocks.map((block) => {
      if (block.kind !== "text") return block;
      const definitions = this.#usedBy(block.text);
      return definitions === block.definitions ? block : { ...block, definitions };
    });
  }

  #usedBy(text: string): string {
    if (this.#definitions.size === 0 || !text.includes("[")) return "";
    const lower = text.toLowerCase();
    const used = [...this.#definitions].filter(([label]) => lower.includes(`[${label}]`));
    return used.map(([, line]) => line).join("\n");
  }
}
