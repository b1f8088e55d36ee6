import type { ClientError } from "./client-error";

const FIRST_MS = 400;
const LONGEST_MS = 10_000;
/** With the waits between them a little longer than an answer may run. */
const MAX_TRIES = 120;

/** How long to wait before the n-th try: doubling, and spread, so that a restarted server does not meet all at once. */
export const waitMs = (tries: number, random: () => number = Math.random): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1)) * (0.5 + random());

/** Not for what another try would only meet again: signed out, or somebody else's. */
export const worthComingBack = ({ code, status }: ClientError, tries: number): boolean =>
  tries < MAX_TRIES && (code === "internal" || code === "rate_limited" || status >= 500);

/** Waits for the n-th try, for a server that named a time, or until the browser is online again. */
export async function comeBack(tries: number, problem: ClientError | undefined, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  const timer = setTimeout(done, Math.max(waitMs(tries), (problem?.retryAfterSeconds ?? 0) * 1000));
  signal.addEventListener("abort", done);
  globalThis.addEventListener?.("online", done);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", done);
  globalThis.removeEventListener?.("online", done);
}
