import { AppError, isAppError } from "@/lib/errors";

/**
 * The key store does not answer, too late, or with something that is no answer. What it sent stays out of the message
 * and of the cause. Whoever needed it may try again.
 */
export class KeyStoreAwayError extends AppError {
  readonly isKeyStoreAway = true;

  constructor(store: string, reason: string) {
    super(
      "internal",
      `This site's key store (${store}) ${reason}, so stored keys cannot be opened or saved right now. Nothing was charged and your keys are safe. Try again in a minute.`,
      { retryAfterSeconds: 10, status: 503 },
    );
  }
}

/** Holds across bundles, where `instanceof` may not. */
export const isKeyStoreAway = (error: unknown): boolean => isAppError(error) && "isKeyStoreAway" in error;
