import { setTimeout as pause } from "node:timers/promises";
import pRetry from "p-retry";
import { freshFetch } from "./fresh-fetch";
import { keyHeaders } from "./key-headers";
import type { Provider } from "./names";
import { apiBase } from "./provider";
import { readJsonBody } from "./read-body";
import { retryAfter } from "./retry-after";

const ATTEMPT_MS = 5000;
const TOTAL_MS = 9500;
const RETRIES = 2;
const FIRST_PAUSE_MS = 300;
const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Answers that another try may better. */
const PASSING = new Set([408, 429, 500, 502, 503, 504, 529]);

export type ProviderAnswer =
  /** `body` is undefined when it was no JSON or too large; `isPage` when it was HTML, which no API answers. */
  | { status: number; body: unknown; isPage: boolean; retryAfterSeconds: number | undefined }
  | { status: undefined; reason: "timeout" | "unreachable" };

export type AskOptions = {
  fetch?: typeof globalThis.fetch;
  signal?: AbortSignal;
  attemptMs?: number;
  totalMs?: number;
  firstPauseMs?: number;
};

/** Keeps the answer that was worth another try. */
class Passing extends Error {
  readonly answer: ProviderAnswer;

  constructor(answer: ProviderAnswer) {
    super("the provider could not say");
    this.answer = answer;
  }
}

/**
 * One free GET at a provider with a key in its header. Redirects are not followed, sizes and times are bounded. Where
 * the provider cannot answer at the moment it is asked up to twice more, after longer and longer pauses with jitter,
 * never sooner than its `Retry-After` says and never beyond `totalMs`.
 *
 * @returns never throws: an error of fetch could hold the key.
 */
export async function askProvider(
  { provider, apiKey, path }: { provider: Provider; apiKey: string; path: string },
  options: AskOptions = {},
): Promise<ProviderAnswer> {
  const { signal, attemptMs = ATTEMPT_MS, totalMs = TOTAL_MS, firstPauseMs = FIRST_PAUSE_MS } = options;
  const endsAt = performance.now() + totalMs;
  let last: ProviderAnswer = { status: undefined, reason: "timeout" };
  const attempt = async () => {
    const timeoutMs = Math.min(attemptMs, endsAt - performance.now());
    last = await askOnce({ provider, apiKey, path }, { ...options, attemptMs: timeoutMs });
    if (isPassing(last)) throw new Passing(last);
  };
  try {
    await pRetry(attempt, {
      retries: RETRIES,
      minTimeout: firstPauseMs,
      factor: 3,
      randomize: true,
      signal,
      onFailedAttempt: async ({ error, retryDelay, retriesLeft }) => {
        const waitMs = Math.max(0, (retryAfterOf(error) ?? 0) * 1000 - retryDelay);
        if (retriesLeft === 0 || signal?.aborted) throw error;
        if (performance.now() + waitMs + retryDelay + firstPauseMs > endsAt) throw error; // no time for another try
        if (waitMs > 0) await pause(waitMs, undefined, { signal });
      },
    });
  } catch (error) {
    if (!(error instanceof Passing) && !signal?.aborted) return { status: undefined, reason: "unreachable" };
  }
  return last;
}

const isPassing = (answer: ProviderAnswer) =>
  answer.status === undefined ? answer.reason === "unreachable" : PASSING.has(answer.status);

const retryAfterOf = (error: unknown) =>
  error instanceof Passing && error.answer.status !== undefined ? error.answer.retryAfterSeconds : undefined;

async function askOnce(
  { provider, apiKey, path }: { provider: Provider; apiKey: string; path: string },
  { fetch = freshFetch, signal, attemptMs = ATTEMPT_MS }: AskOptions,
): Promise<ProviderAnswer> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.round(attemptMs)));
  try {
    const response = await fetch(`${apiBase(provider)}${path}`, {
      headers: { ...keyHeaders(provider, apiKey), accept: "application/json" },
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const { status, headers } = response;
    const body = await readJsonBody(response, MAX_BODY_BYTES).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith("the body is")) return undefined;
      throw error;
    });
    const isPage = headers.get("content-type")?.includes("html") ?? false;
    return { status, body, isPage, retryAfterSeconds: retryAfter(headers.get("retry-after")) };
  } catch {
    return { status: undefined, reason: timeout.aborted ? "timeout" : "unreachable" };
  }
}
