import { randomUUID } from "node:crypto";
import { env } from "@/lib/env";
import { MAX_LIVE_ATTEMPTS } from "./attempt";
import { expireCookie, isAttemptCookie, sealVerifier } from "./attempt-cookie";
import { authorizeUrl } from "./authorize-url";
import type { ConnectStart } from "./connect";
import { codeChallenge, newCodeVerifier, newState } from "./pkce";
import { safeReturnTo } from "./return-to";
import { createSignInAttempt } from "./sign-in-attempt";

/** Where somebody goes who did not say. */
export const SIGNED_IN_AT = "/";

/**
 * Starts an attempt to sign in with OpenRouter. Nobody is known yet, so the browser alone owns it, through the cookie
 * that its code verifier is sealed into. A browser keeps five such cookies; the oldest go.
 */
export async function startSignIn(request: {
  returnTo: string | undefined;
  /** Names of the cookies that the browser sent, oldest first, as browsers send them (RFC 6265, section 5.4). */
  cookieNames: string[];
}): Promise<ConnectStart> {
  const [state, codeVerifier, id] = [newState(), newCodeVerifier(), randomUUID()];
  const url = authorizeUrl({ state, codeChallenge: codeChallenge(codeVerifier) }); // refuses before anything is stored
  const cookie = await sealVerifier({ id, userId: null }, codeVerifier);
  const returnTo = safeReturnTo(request.returnTo, env().APP_ORIGIN, SIGNED_IN_AT);
  await createSignInAttempt({ id, state, returnTo });
  const earlier = request.cookieNames.filter(isAttemptCookie);
  const expired = earlier.slice(0, Math.max(0, earlier.length - (MAX_LIVE_ATTEMPTS - 1))).map(expireCookie);
  return { url, setCookies: [cookie, ...expired] };
}
