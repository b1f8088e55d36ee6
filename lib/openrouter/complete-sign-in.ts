import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { record } from "@/lib/audit/record";
import { findOpenRouterAccount, isRegistrationOpen, makeOpenRouterAccount } from "@/lib/auth/openrouter-account";
import { beginSession, tokenOfSession } from "@/lib/auth/session";
import type { SessionToken } from "@/lib/auth/session-token";
import { db } from "@/lib/db/client";
import { isAppError } from "@/lib/errors";
import { saveKey } from "@/lib/keys/save-key";
import { log } from "@/lib/log";
import { cookieName, expireCookie, openVerifier } from "./attempt-cookie";
import { WAIT_FOR_TWIN_MS } from "./complete";
import { type Obtained, obtainKey, openRouter, single, type Upstream } from "./obtain-key";
import { isState } from "./pkce";
import { revokeUrlOf } from "./revoke-url";
import { consumeSignInAttempt, findSignInAttempt, finishSignInAttempt, type SignInAttempt } from "./sign-in-attempt";
import type { SignInFailure, SignInOutcome } from "./sign-in-outcome";
import { SIGNED_IN_AT } from "./start-sign-in";

export type SignInCallback = {
  /** The query that OpenRouter sent the browser back with. */
  query: URLSearchParams;
  readCookie: (name: string) => string | undefined;
  address: string;
  userAgent: string | undefined;
};

export type SignInCompletion = {
  outcome: SignInOutcome;
  returnTo: string;
  /** Cookies that are of no more use, as `Set-Cookie` values. */
  setCookies: string[];
  /** The session to put into the browser's cookie. */
  session?: SessionToken | undefined;
  /** OpenRouter's page of a key that it made and that was not stored. Goes to the person only (security.md, 3.4). */
  leftOverUrl?: string | undefined;
};

type Signed = { outcome: SignInOutcome; session?: SessionToken | undefined; leftOverUrl?: string | undefined };

/**
 * Finishes an attempt to sign in with OpenRouter: finds or makes the account by OpenRouter's `user_id`, stores the key
 * and begins a session, all in one transaction. Which browser may finish it is decided by the sealed cookie alone, so a
 * code of somebody else's attempt signs nobody in (login CSRF; RFC 9700, section 4.7). Replays behave as in
 * `completeConnect`: one exchange, one outcome, and the same session for the same browser.
 *
 * An account is never found by an e-mail address: OpenRouter tells none.
 *
 * @returns undefined when the state is no attempt to sign in
 */
export async function completeSignIn(
  callback: SignInCallback,
  upstream: Upstream = openRouter,
): Promise<SignInCompletion | undefined> {
  const attempt = await findAttempt(callback);
  if (attempt === undefined) return undefined;
  const cookie = cookieName(attempt.id);
  const codeVerifier = await openVerifier({ id: attempt.id, userId: null }, callback.readCookie(cookie));
  if (codeVerifier === undefined) return { outcome: "expired_attempt", returnTo: SIGNED_IN_AT, setCookies: [] };
  const signed = await signIn(callback, attempt, codeVerifier, upstream);
  return { ...signed, returnTo: attempt.returnTo, setCookies: [expireCookie(cookie)] };
}

async function signIn(
  callback: SignInCallback,
  attempt: SignInAttempt,
  codeVerifier: string,
  upstream: Upstream,
): Promise<Signed> {
  if (attempt.isExpired) return { outcome: "expired_attempt" };
  if (attempt.isConsumed || !(await consumeSignInAttempt(attempt.id))) return await outcomeOfTwin(callback);
  return await finish(callback, attempt, codeVerifier, upstream);
}

async function findAttempt({ query }: SignInCallback): Promise<SignInAttempt | undefined> {
  const state = single(query, "state");
  return isState(state) ? await findSignInAttempt(state) : undefined;
}

/** Waits for the request that consumed the attempt, perhaps in another process, and joins the session it began. */
async function outcomeOfTwin(callback: SignInCallback): Promise<Signed> {
  const deadline = Date.now() + WAIT_FOR_TWIN_MS;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    const attempt = await findAttempt(callback);
    if (!attempt?.isConsumed) return { outcome: "expired_attempt" }; // signed out again, or ran out between statements
    if (attempt.outcome !== undefined) {
      const session = attempt.sessionId === null ? undefined : await tokenOfSession(attempt.sessionId);
      return { outcome: attempt.outcome, session };
    }
    if (Date.now() > deadline) return { outcome: "internal" }; // its process died on the way
    await wait(pauseMs);
  }
}

async function finish(
  callback: SignInCallback,
  attempt: SignInAttempt,
  codeVerifier: string,
  upstream: Upstream,
): Promise<Signed> {
  let leftOverUrl: string | undefined;
  try {
    const obtained = await obtainKey(callback.query, codeVerifier, upstream);
    if ("failure" in obtained) {
      const { failure, detail, leftOverUrl } = obtained;
      return await fail(attempt, { outcome: failure, leftOverUrl }, detail);
    }
    leftOverUrl = revokeUrlOf(obtained.apiKey.reveal());
    if (obtained.openRouterUserId === null) return await fail(attempt, { outcome: "no_identity", leftOverUrl });
    const session = await enter(callback, attempt, { ...obtained, openRouterUserId: obtained.openRouterUserId });
    if (session === undefined) return await fail(attempt, { outcome: "registration_closed", leftOverUrl });
    return { outcome: "connected", session };
  } catch (error) {
    // Errors of the database carry parameters: the logger prints their kind only, the browser a word.
    log.error("signing in with OpenRouter failed on our side", { err: error });
    return await fail(attempt, { outcome: "internal", leftOverUrl }).catch((noteError: unknown) => {
      log.error("the failure could not be written down", { err: noteError });
      return { outcome: "internal", leftOverUrl };
    });
  }
}

/** Nobody's log could hold it: there is no account. */
async function fail<Failed extends { outcome: SignInFailure }>(
  attempt: SignInAttempt,
  failed: Failed,
  detail?: string,
): Promise<Failed> {
  log.info("nobody was signed in with OpenRouter", { provider: "openrouter", code: failed.outcome, detail });
  await finishSignInAttempt(await db(), attempt.id, failed.outcome);
  return failed;
}

/** @returns undefined when there is no account and none may be made. */
async function enter(
  { address, userAgent }: SignInCallback,
  attempt: SignInAttempt,
  { apiKey, info, openRouterUserId }: Obtained & { openRouterUserId: string },
): Promise<SessionToken | undefined> {
  const provider = "openrouter";
  for (let isSecondTry = false; ; isSecondTry = true) {
    const known = await findOpenRouterAccount(openRouterUserId);
    if (known === undefined && !isRegistrationOpen()) return undefined;
    const userId = known ?? randomUUID();
    const event = { userId, provider, address, userAgent };
    let session: SessionToken | undefined;
    try {
      await saveKey({
        userId,
        provider,
        apiKey: apiKey.reveal(),
        info,
        action: "openrouter_connected",
        address,
        userAgent,
        beforehand: async (tx) => {
          if (known === undefined) await makeOpenRouterAccount(tx, { id: userId, openRouterUserId });
        },
        alongside: async (tx) => {
          session = await beginSession(tx, { userId, address, userAgent: userAgent ?? null });
          if (!(await finishSignInAttempt(tx, attempt.id, "connected", session))) throw new Error("finished twice");
          if (known === undefined) await record(tx, { ...event, action: "registered" });
          await record(tx, { ...event, action: "signed_in" });
        },
      });
      return session;
    } catch (error) {
      // Two browsers made the account at once: the second finds it and enters.
      const wasMadeMeanwhile = known === undefined && isAppError(error) && error.code === "conflict";
      if (!wasMadeMeanwhile || isSecondTry) throw error;
    }
  }
}
