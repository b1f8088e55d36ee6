import { randomUUID } from "node:crypto";
import { env } from "@/lib/env";
import { type AttemptHolder, createAttempt } from "./attempt";
import { cookieName, expireCookie, isAttemptCookie, sealVerifier } from "./attempt-cookie";
import { authorizeUrl } from "./authorize-url";
import { codeChallenge, newCodeVerifier, newState } from "./pkce";
import { safeReturnTo } from "./return-to";

export type ConnectRequest = AttemptHolder & {
  mode: "redirect" | "popup";
  returnTo?: string | undefined;
  /** The attempt's name, where the page that starts it has chosen one. */
  id?: string | undefined;
  /** Names of the cookies that the browser sent. */
  cookieNames: string[];
};

export type ConnectStart = { url: string; setCookies: string[] };

/**
 * Starts an attempt to connect OpenRouter: stores it, seals its code verifier into a cookie and says where to send the
 * browser. At most five attempts a user live at once; a sixth ends the oldest, and its cookie with it.
 *
 * @throws AppError `conflict` when there is an attempt of this name
 */
export async function startConnect(request: ConnectRequest): Promise<ConnectStart> {
  const { userId, sessionId, mode, cookieNames } = request;
  const state = newState();
  const codeVerifier = newCodeVerifier();
  const url = authorizeUrl({ state, codeChallenge: codeChallenge(codeVerifier) }); // refuses before anything is stored
  const returnTo = safeReturnTo(request.returnTo, env().APP_ORIGIN);

  const id = request.id ?? randomUUID();
  const live = await createAttempt({ id, userId, sessionId, state, mode, returnTo });
  const kept = new Set(live.map(cookieName));
  const expired = cookieNames.filter((name) => isAttemptCookie(name) && !kept.has(name)).map(expireCookie);
  return { url, setCookies: [await sealVerifier({ id, userId }, codeVerifier), ...expired] };
}
