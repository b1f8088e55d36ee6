import { randomBytes } from "node:crypto";
import type { NextRequest } from "next/server";
import { type CurrentUser, requireBrowser } from "@/lib/auth/require-user";
import { sealSession } from "@/lib/auth/seal-session";
import { isAppError } from "@/lib/errors";
import { clientAddress } from "@/lib/http/client-address";
import { readCookie } from "@/lib/http/cookies";
import { requestIdOf, route } from "@/lib/http/route";
import { log } from "@/lib/log";
import { completeConnect } from "@/lib/openrouter/complete";
import { completeSignIn, type SignInCompletion } from "@/lib/openrouter/complete-sign-in";
import { leftOverCookie } from "@/lib/openrouter/left-over-cookie";
import { popupPage } from "@/lib/openrouter/popup-page";
import { withOutcome } from "@/lib/openrouter/return-to";
import { redirectTo, redirectToSignIn, redirectWithOutcome, requireNavigation } from "../navigation";

/** A page visit: whatever goes wrong ends as a redirect to the settings, which say it in words. */
export const GET = route(async (request) => {
  try {
    return await complete(request);
  } catch (error) {
    if (isAppError(error) && error.code === "unauthenticated") return redirectWithOutcome("signed_out");
    if (isAppError(error) && error.code === "forbidden") throw error; // no page visit: nobody to redirect
    log.error("the callback of OpenRouter failed", { requestId: requestIdOf(request), err: error });
    return redirectWithOutcome("internal");
  }
});

async function complete(request: NextRequest): Promise<Response> {
  const user = await userOrSignedIn(request);
  if (user instanceof Response) return user;
  requireNavigation(request);
  const { id: userId, sessionId } = user;
  const { outcome, returnTo, attempt, setCookies } = await completeConnect({
    userId,
    sessionId,
    query: request.nextUrl.searchParams,
    readCookie: (name) => readCookie(request, name),
    address: clientAddress(request),
    userAgent: request.headers.get("user-agent") ?? undefined,
  });
  const response =
    attempt?.mode === "popup"
      ? popupResponse(request, (nonce) => popupPage({ attemptId: attempt.id, outcome, returnTo, nonce }))
      : redirectWithOutcome(outcome, returnTo);
  for (const cookie of setCookies) response.headers.append("set-cookie", cookie);
  return response;
}

/** Who is signed in; else, when this is an attempt to sign in, where that leads. */
async function userOrSignedIn(request: NextRequest): Promise<CurrentUser | Response> {
  try {
    return await requireBrowser(request);
  } catch (error) {
    if (!isAppError(error) || error.code !== "unauthenticated") throw error;
    requireNavigation(request);
    const completion = await completeSignIn({
      query: request.nextUrl.searchParams,
      readCookie: (name) => readCookie(request, name),
      address: clientAddress(request),
      userAgent: request.headers.get("user-agent") ?? undefined,
    });
    if (completion === undefined) throw error;
    return await enter(completion);
  }
}

async function enter({ outcome, returnTo, session, leftOverUrl, setCookies }: SignInCompletion): Promise<Response> {
  if (outcome !== "connected") {
    const cookies = leftOverUrl === undefined ? setCookies : [...setCookies, leftOverCookie(leftOverUrl)];
    return redirectToSignIn(outcome, returnTo, cookies);
  }
  const cookies = session === undefined ? setCookies : [...setCookies, await sealSession(session)];
  return redirectTo(withOutcome(returnTo, "connected"), { cookies });
}

/** The script in the page runs under the nonce of proxy.ts, or, without one, under a policy of its own. */
function popupResponse(request: NextRequest, page: (nonce: string) => string): Response {
  const given = request.headers.get("x-nonce");
  const nonce = given ?? randomBytes(16).toString("base64");
  const headers = new Headers({ "content-type": "text/html; charset=utf-8", "referrer-policy": "no-referrer" });
  if (given === null)
    headers.set(
      "content-security-policy",
      `default-src 'none'; script-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
    );
  return new Response(page(nonce), { headers });
}
