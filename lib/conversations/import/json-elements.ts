const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];
const COMMA = 0x2c;
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf]);

/** The bytes of one element; undefined for one that is larger than may be held. */
export type Element = Uint8Array | undefined;

/**
 * Cuts a JSON array that comes in pieces into its elements, so that a file of any length is parsed one element at a time.
 * A file that is one object is its only element. What it cuts is left to `JSON.parse` to judge.
 */
export class JsonElements {
  readonly #maxBytes: number;
  #top: "unknown" | "list" | "object" | "over" | "neither" = "unknown";
  #depth = 0;
  #inString = false;
  #escaped = false;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isIn = false;

  constructor({ maxBytes }: { maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Uint8Array): Element[] {
    const found: Element[] = [];
    let from = this.#isIn ? 0 : -1;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (!this.#isIn) {
        if (!this.#begins(byte)) continue;
        this.#isIn = true;
        from = at;
      }
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.#depth++;
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.#depth--;
      const endsScalar = this.#depth === 0 && (byte === COMMA || isSpace(byte));
      const endsList = this.#depth < 0; // the bracket of the whole list
      if (!endsScalar && !endsList && !(this.#depth === 0 && isClosing(byte))) continue;
      this.#hold(bytes.subarray(from, endsScalar || endsList ? at : at + 1));
      found.push(this.#take());
      from = -1;
      if (endsList || this.#top === "object") this.#top = "over";
    }
    if (this.#isIn && from >= 0) this.#hold(bytes.slice(from));
    return found;
  }

  /** Whether all that was begun came to its end. */
  get isWhole(): boolean {
    return this.#top === "over" && !this.#isIn;
  }

  /** Between elements: whether one begins here. */
  #begins(byte: number): boolean {
    if (isSpace(byte) || byte === COMMA || this.#top === "over" || this.#top === "neither") return false;
    if (this.#top === "unknown") {
      if (BYTE_ORDER_MARK.has(byte)) return false;
      this.#top = byte === OPEN_LIST ? "list" : byte === OPEN_OBJECT ? "object" : "neither";
      return this.#top === "object";
    }
    if (byte === CLOSE_LIST) this.#top = "over";
    return byte !== CLOSE_LIST;
  }

  #hold(piece: Uint8Array): void {
    this.#heldBytes += piece.length;
    if (this.#heldBytes > this.#maxBytes) this.#held = [];
    else this.#held.push(piece);
  }

  #take(): Element {
    const element = this.#heldBytes > this.#maxBytes ? undefined : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#isIn = false;
    this.#depth = 0;
    return element;
  }
}

const isClosing = (byte: number) => byte === CLOSE_LIST || byte === CLOSE_OBJECT;
