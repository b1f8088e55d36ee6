const REDACTED = "[redacted]";

/**
 * A text that says `[redacted]` wherever it is printed, joined, serialised or inspected. For secrets that travel inside
 * results and rows; `reveal()` is called where the text is used, and its result goes into nothing that is kept.
 */
export class Secret {
  readonly #text: string; // out of reach of spreading, cloning, JSON and every inspector

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  /** Node's `util.inspect`, and with it `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
