import { AppError } from "@/lib/errors";

/**
 * The key encryption key's file is missing, unusable, or holds another database's key. What is wrong is for the
 * operator, in the log; whoever meets this is told what it means to them.
 */
export class KeyFileError extends AppError {
  constructor(cause: unknown) {
    super(
      "internal",
      "This site does not have its encryption key right now, so stored keys cannot be opened or saved. Nothing was charged and your keys are safe. Tell the operator, and try again once the key is back.",
      { retryAfterSeconds: 5, status: 503, cause },
    );
  }
}
