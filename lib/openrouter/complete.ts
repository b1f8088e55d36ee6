import { setTimeout as wait } from "node:timers/promises";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { AppError, isAppError } from "@/lib/errors";
import { saveKey } from "@/lib/keys/save-key";
import { log } from "@/lib/log";
import { type Attempt, type AttemptHolder, consumeAttempt, findAttempt, finishAttempt } from "./attempt";
import { cookieName, expireCookie, openVerifier } from "./attempt-cookie";
import { type Ended, obtainKey, openRouter, single, type Upstream } from "./obtain-key";
import type { ConnectOutcome } from "./outcome";
import { isState } from "./pkce";
import { DEFAULT_RETURN_TO } from "./return-to";

export type Callback = AttemptHolder & {
  /** The query that OpenRouter sent the browser back with. */
  query: URLSearchParams;
  readCookie: (name: string) => string | undefined;
  address?: string;
  userAgent?: string;
};

/** How an attempt ended and where the browser goes. Without an attempt there was none that this session may finish. */
export type Completion = {
  outcome: ConnectOutcome;
  returnTo: string;
  attempt?: { id: string; mode: "redirect" | "popup" };
  /** Cookies that are of no more use, as `Set-Cookie` values. */
  setCookies: string[];
};

/** As long as the exchange (10 s), the check of the key (8 s) and the saving can take. */
export const WAIT_FOR_TWIN_MS = 20_000;

/**
 * Finishes an attempt to connect OpenRouter. In the order RFC 9700 asks for: whose attempt is it, did the provider
 * report an error, then the code. The attempt is consumed by one statement, so the code is exchanged at most once; the
 * same session asking again, at once or later, gets the outcome of that one time. A key that was stored before stays
 * untouched by every failure.
 *
 * Every fault in state, session or cookie is the one outcome `expired_attempt`: a prober learns nothing.
 */
export async function completeConnect(callback: Callback, upstream: Upstream = openRouter): Promise<Completion> {
  const attempt = await findOwnAttempt(callback);
  if (attempt === undefined) return { outcome: "expired_attempt", returnTo: DEFAULT_RETURN_TO, setCookies: [] };
  const cookie = cookieName(attempt.id);
  const answer = (outcome: ConnectOutcome): Completion => ({
    outcome,
    returnTo: attempt.returnTo,
    attempt: { id: attempt.id, mode: attempt.mode },
    setCookies: callback.readCookie(cookie) === undefined ? [] : [expireCookie(cookie)],
  });
  if (attempt.isExpired) return answer("expired_attempt");
  if (attempt.isConsumed) return answer(await outcomeOfTwin(callback));

  const codeVerifier = await openVerifier(attempt, callback.readCookie(cookie));
  if (codeVerifier === undefined) return answer("expired_attempt");
  if (!(await consumeAttempt(attempt, callback))) return answer(await outcomeOfTwin(callback));
  return answer(await finish(callback, attempt, codeVerifier, upstream));
}

async function findOwnAttempt(callback: Callback): Promise<Attempt | undefined> {
  const state = single(callback.query, "state");
  return isState(state) ? await findAttempt(state, callback) : undefined;
}

/** Waits for the request that consumed the attempt, perhaps in another process, and reports what it wrote down. */
async function outcomeOfTwin(callback: Callback): Promise<ConnectOutcome> {
  const deadline = Date.now() + WAIT_FOR_TWIN_MS;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    const attempt = await findOwnAttempt(callback);
    if (attempt === undefined) return "expired_attempt";
    if (attempt.outcome !== undefined) return attempt.outcome;
    if (!attempt.isConsumed) return "expired_attempt"; // ran out between two statements
    if (Date.now() > deadline) return "internal"; // its process died on the way
    await wait(pauseMs);
  }
}

async function finish(
  callback: Callback,
  attempt: Attempt,
  codeVerifier: string,
  upstream: Upstream,
): Promise<ConnectOutcome> {
  try {
    const ended = await connect(callback, attempt, codeVerifier, upstream);
    if (ended === undefined) return "connected";
    await noteFailure(callback, attempt, ended);
    return ended.failure;
  } catch (error) {
    if (isAppError(error) && error.code === "conflict") {
      await noteFailure(callback, attempt, { failure: "expired_attempt", detail: "session ended" });
      return "expired_attempt";
    }
    // Errors of the database carry parameters: the logger prints their kind only, the browser a word.
    log.error("connecting OpenRouter failed on our side", { userId: callback.userId, err: error });
    await noteFailure(callback, attempt, { failure: "internal" }).catch((noteError: unknown) => {
      log.error("the failure could not be written down", { userId: callback.userId, err: noteError });
    });
    return "internal";
  }
}

/** @returns why no key was stored; undefined when one was. */
async function connect(
  { query, userId, address, userAgent }: Callback,
  attempt: Attempt,
  codeVerifier: string,
  upstream: Upstream,
): Promise<Ended | undefined> {
  const obtained = await obtainKey(query, codeVerifier, upstream);
  if ("failure" in obtained) return obtained;
  const alongside: Parameters<typeof saveKey>[0]["alongside"] = async (tx) => {
    if (!(await finishAttempt(tx, attempt, "connected"))) {
      throw new AppError("conflict", "The session that started this ended meanwhile, so the key was not stored.");
    }
  };
  const { info } = obtained;
  const apiKey = obtained.apiKey.reveal();
  const action = "openrouter_connected";
  await saveKey({ userId, provider: "openrouter", apiKey, info, action, address, userAgent, alongside });
  return undefined;
}

/** Outcome and audit event together; nothing when session or account have ended, for then there is nobody to tell. */
async function noteFailure(callback: Callback, attempt: Attempt, { failure, detail }: Ended): Promise<void> {
  const { userId, address, userAgent } = callback;
  const provider = "openrouter";
  log.info("OpenRouter was not connected", { userId, provider, code: failure, detail });
  await (await db()).transaction(async (tx) => {
    if (!(await finishAttempt(tx, attempt, failure))) return;
    const reason = { reason: failure, ...(detail === undefined ? {} : { detail }) };
    await record(tx, { userId, action: "openrouter_connect_failed", provider, detail: reason, address, userAgent });
  });
}
