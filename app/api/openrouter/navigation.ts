import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import type { ConnectOutcome } from "@/lib/openrouter/outcome";
import { DEFAULT_RETURN_TO, safeReturnTo, withOutcome } from "@/lib/openrouter/return-to";
import type { SignInFailure } from "@/lib/openrouter/sign-in-outcome";
import { SIGNED_IN_AT } from "@/lib/openrouter/start-sign-in";

/** True for a browser that would show the answer to a person. */
export const wantsPage = (request: Request): boolean => (request.headers.get("accept") ?? "").includes("text/html");

/**
 * GET starts something here, so an image, a frame, a script or a prefetch of another page must not reach it.
 *
 * @throws AppError `forbidden` when the request says that it is no top-level navigation. Programs say nothing.
 */
export function requireNavigation(request: Request): void {
  const { headers } = request;
  const says = (name: string, value: string) => (headers.get(name) ?? value) === value;
  // A browser always names the destination too; Node's fetch, a program, says `cors` and nothing else.
  const isNodeFetch =
    headers.get("sec-fetch-mode") === "cors" && !headers.has("sec-fetch-dest") && !headers.has("sec-fetch-site");
  const isPrefetch = /prefetch|prerender/i.test(`${headers.get("sec-purpose")} ${headers.get("purpose")}`);
  if (
    request.method === "GET" &&
    (isNodeFetch || says("sec-fetch-mode", "navigate")) &&
    says("sec-fetch-dest", "document") &&
    !isPrefetch
  ) {
    return;
  }
  throw new AppError("forbidden", "Open this address in a window of its own. Nothing was started or changed.");
}

/** Sends the browser to a page of this site, and tells the next site nothing of the address it comes from. */
export function redirectTo(
  path: string,
  { status = 303, cookies = [] }: { status?: 302 | 303; cookies?: string[] } = {},
) {
  const headers = new Headers({ location: new URL(path, env().APP_ORIGIN).href, "referrer-policy": "no-referrer" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status, headers });
}

export const redirectWithOutcome = (outcome: ConnectOutcome, returnTo: string = DEFAULT_RETURN_TO) =>
  redirectTo(withOutcome(returnTo, outcome));

/** The sign-in page says what went wrong and goes on to where the person was going. */
export function redirectToSignIn(failure: SignInFailure, returnTo: string | undefined, cookies: string[] = []) {
  const path = safeReturnTo(returnTo, env().APP_ORIGIN, SIGNED_IN_AT);
  const query = new URLSearchParams({ openrouter: failure, ...(path !== SIGNED_IN_AT && { callbackUrl: path }) });
  return redirectTo(`/sign-in?${query}`, { cookies });
}
