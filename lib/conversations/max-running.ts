import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";

const ANSWERS_AT_ONCE = 5;

/** So many answers may be written for one account at the same time, on all instances together. */
export const maxRunning = (): number => Math.max(1, Math.floor(ANSWERS_AT_ONCE * env().RATE_LIMIT_FACTOR));

export const tooManyAnswers = (): AppError =>
  new AppError(
    "conflict",
    `${maxRunning()} answers are being written for you, and no more can be at once. Nothing was sent or charged. Stop one, or wait for its end.`,
  );
