/**
 * A stored text that does not open: altered, moved to another row, sealed under a key that is gone, or not a sealed
 * text at all. The reasons are not told apart, and nothing of the text enters the error.
 */
export class UndecryptableError extends Error {
  readonly code = "undecryptable";

  constructor() {
    super("The stored text cannot be decrypted.");
    this.name = "UndecryptableError";
  }
}

/** Holds across bundles, where `instanceof` may not. */
export const isUndecryptable = (error: unknown): error is UndecryptableError =>
  error instanceof Error && error.name === "UndecryptableError";
