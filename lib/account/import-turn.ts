import { AppError } from "@/lib/errors";

/** Each holds up to 200 MiB of disk and parses on the one thread that serves everybody. */
const MAX_AT_ONCE = 2;
const shared = globalThis as { __chatelaineImports?: Set<string> };

/**
 * Lets one import a user run at a time, and few in all.
 *
 * @returns ends the turn
 * @throws AppError `conflict` or `rate_limited`
 */
export function importTurn(userId: string): () => void {
  shared.__chatelaineImports ??= new Set();
  const running = shared.__chatelaineImports;
  if (running.has(userId)) {
    throw new AppError("conflict", "An import of yours is still running. Wait for its end, then start the next.");
  }
  if (running.size >= MAX_AT_ONCE) {
    const sentence = "Other people's imports are running. Nothing was stored. Try again in a minute.";
    throw new AppError("rate_limited", sentence, { retryAfterSeconds: 60 });
  }
  running.add(userId);
  return () => void running.delete(userId);
}
