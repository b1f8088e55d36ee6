import { randomBytes, randomUUID } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { readSessionToken } from "@/lib/auth/session-token";
import { env } from "@/lib/env";
import { preflightHeaders } from "@/lib/http/cors";
import { dataPolicy, pagePolicy, STRICT_TRANSPORT_SECURITY } from "@/lib/http/headers";

/** Request headers that only we may set; whatever a client sends under these names is dropped. */
const OURS = ["x-request-id", "x-nonce", "content-security-policy", "content-security-policy-report-only"];
const CALLBACK = "/api/openrouter/callback";
const SIGNED_IN_PAGES = /^\/(?:$|(?:c|settings|admin)(?:\/|$))/;

/**
 * Request ids, nonces, the way to the sign-in page, and the answer to preflights. It guards nothing: every page and handler asks who is there
 * itself, and would be as safe without this file (security.md, S50). It reads no bodies and asks no database.
 */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const { pathname } = request.nextUrl;
  const requestId = randomUUID();
  const isHttps = env().NEXT_PUBLIC_APP_URL.startsWith("https:");

  const headers = new Headers(request.headers);
  for (const name of OURS) headers.delete(name);
  headers.set("x-request-id", requestId);

  let policy = dataPolicy;
  if (isPage(pathname)) {
    const nonce = randomBytes(16).toString("base64");
    policy = pagePolicy(nonce, { isHttps, isDevelopment: env().NODE_ENV === "development" });
    headers.set("x-nonce", nonce);
    headers.set("content-security-policy", policy);
  }

  const preflight = isApi(pathname) ? preflightHeaders(request) : undefined;
  const response = preflight
    ? new NextResponse(null, { status: 204, headers: preflight })
    : (await mustSignIn(request))
      ? toSignIn(request)
      : NextResponse.next({ request: { headers } });
  response.headers.set("x-request-id", requestId);
  response.headers.set("content-security-policy", policy);
  if (isHttps) response.headers.set("strict-transport-security", STRICT_TRANSPORT_SECURITY);
  // The callback's address holds an authorization code.
  if (pathname === CALLBACK) response.headers.set("referrer-policy", "no-referrer");
  return response;
}

/**
 * Not for static files, and not for a question to the chat: a pass through here costs as much as that handler itself,
 * which sends the same headers. Nor for a file to import: Next cuts what passes through here after 10 MiB.
 */
export const config = {
  matcher: [
    "/((?!_next/static/|api/chat$|api/account/import$).*)",
    { source: "/api/chat", missing: [{ type: "header", key: "content-type", value: "application/json.*" }] },
  ],
};

/** In popup mode the callback is a page with a script. */
const isPage = (pathname: string) => !isApi(pathname) || pathname === CALLBACK;
const isApi = (pathname: string) => /^\/api(?:\/|$)/.test(pathname);

/** By the cookie alone: whether its session still counts is asked by the page. */
async function mustSignIn({ nextUrl, cookies }: NextRequest): Promise<boolean> {
  return SIGNED_IN_PAGES.test(nextUrl.pathname) && (await readSessionToken(cookies.getAll())) === undefined;
}

function toSignIn({ nextUrl }: NextRequest): NextResponse {
  const search = new URLSearchParams(nextUrl.search);
  search.delete("_rsc"); // Next's own mark on requests for a part of a page
  const here = `${nextUrl.pathname}${search.size > 0 ? `?${search}` : ""}`;
  const target = new URL("/sign-in", env().APP_ORIGIN);
  if (here !== "/") target.searchParams.set("callbackUrl", here);
  const response = NextResponse.redirect(target, 307);
  response.headers.set("cache-control", "private, no-store");
  return response;
}
