import { AppError } from "@/lib/errors";

/** As many as a program with a pool of workers has; each holds a connection to the provider and some memory. */
export const MAX_OPEN_CALLS = 50;
const MAX_CALL_MS = 30 * 60_000;
const LOOK_EVERY_MS = 100;

/** A call that is on its way to a provider, or its answer back. */
export type OpenCall = { signal: AbortSignal; abort: () => void; close: () => void };

type Entry = { tokenId: string | null; abort: () => void };
const shared = globalThis as { __chatelaineOpenCalls?: Map<string, Set<Entry>> };

function openCalls(): Map<string, Set<Entry>> {
  shared.__chatelaineOpenCalls ??= new Map();
  return shared.__chatelaineOpenCalls;
}

/** @throws AppError `rate_limited` when the caller has as many open as one may. */
export function openCall({ userId, tokenId }: { userId: string; tokenId: string | null }): OpenCall {
  const own = openCalls().get(userId) ?? new Set();
  if (own.size >= MAX_OPEN_CALLS) {
    throw new AppError(
      "rate_limited",
      `You have ${MAX_OPEN_CALLS} answers open at once, which is as many as there may be. Nothing was sent or charged. Read or close some.`,
      { retryAfterSeconds: 1 },
    );
  }
  const controller = new AbortController();
  const abort = () => controller.abort();
  const entry = { tokenId, abort };
  own.add(entry);
  openCalls().set(userId, own);
  const tooLong = setTimeout(abort, MAX_CALL_MS).unref();
  const close = () => {
    clearTimeout(tooLong);
    own.delete(entry);
    if (own.size === 0 && openCalls().get(userId) === own) openCalls().delete(userId);
  };
  return { signal: controller.signal, abort, close };
}

/** Breaks off a user's open calls, or only those of one token. @returns how many */
export function stopCalls({ userId, tokenId }: { userId: string; tokenId?: string }): number {
  const meant = [...(openCalls().get(userId) ?? [])].filter(
    (call) => tokenId === undefined || call.tokenId === tokenId,
  );
  for (const call of meant) call.abort();
  return meant.length;
}

/** Before the process ends: lets open calls come to their ends, and breaks off those that do not in time. */
export async function drainCalls({ withinMs, hurry }: { withinMs: number; hurry?: AbortSignal }): Promise<void> {
  const until = performance.now() + withinMs;
  while (openCalls().size > 0 && performance.now() < until && !hurry?.aborted) {
    await new Promise((go) => setTimeout(go, LOOK_EVERY_MS));
  }
  for (const userId of openCalls().keys()) stopCalls({ userId });
}
