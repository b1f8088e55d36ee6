import { randomUUID } from "node:crypto";
import type { NextRequest } from "next/server";
import { env } from "@/lib/env";
import { AppError, isAppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { type Limited, noteAllowances } from "./allowance";
import { corsHeaders, isAllowedOrigin } from "./cors";
import { dataPolicy, STRICT_TRANSPORT_SECURITY } from "./headers";
import { problemResponse, problems } from "./problem";

type Context<Params> = { params: Promise<Params> };
export type RouteContext<Params> = {
  params: Params;
  requestId: string;
  /** Wraps the counting of a limit, so that the answer tells what is left of it. */
  limited: Limited;
};
type Handler<Params> = (request: NextRequest, context: RouteContext<Params>) => Promise<Response>;

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
const REQUEST_ID = /^[\w-]{8,64}$/;

type RouteOptions = {
  /** The handler asks for a token of its own against forged requests, so a program without `Origin` may pass. */
  hasCsrfToken?: boolean;
  /** How an error is told, where the route speaks another's wire. */
  refusal?: (error: unknown, requestId: string, request: Request) => Response;
};

/**
 * Wraps a route handler: turns errors into problem answers and refuses unsafe requests that another site made with our
 * cookie. It neither authenticates nor limits: those lines stay visible in the handler, which hands its countings to
 * `limited` so that the answer says what is left.
 */
export function route<Params = Record<string, never>>(handler: Handler<Params>, options: RouteOptions = {}) {
  return async (request: NextRequest, context?: Context<Params>): Promise<Response> => {
    const requestId = requestIdOf(request);
    const { limited, setHeaders } = noteAllowances();
    const origin = request.headers.get("origin");
    const finish = (response: Response) => withHeaders(response, { requestId, origin, setHeaders });
    try {
      refuseCrossSite(request, options);
      const params = (await context?.params) ?? ({} as Params);
      return finish(await handler(request, { params, requestId, limited }));
    } catch (error) {
      logFailure(error, request, requestId);
      return finish((options.refusal ?? problemResponse)(error, requestId, request));
    }
  };
}

/** The id given by proxy.ts, or a new one where a handler is called without it. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given && REQUEST_ID.test(given) ? given : randomUUID();
}

/**
 * Route handlers have no CSRF defence of their own (security.md, finding 5). An unsafe request with a
 * cookie passes only when the browser says that it comes from our own origin. One without a cookie passes with a token,
 * which no browser adds by itself, or from an origin of CORS_ORIGINS, or when it names no other origin.
 *
 * @throws AppError `cross_site_request`
 */
export function refuseCrossSite(request: Request, { hasCsrfToken = false }: RouteOptions = {}): void {
  if (SAFE_METHODS.has(request.method)) return;
  const { headers } = request;
  const hasCookie = headers.get("cookie") !== null;
  if (!hasCookie && (headers.get("authorization") !== null || isAllowedOrigin(headers.get("origin")))) return;
  const site = headers.get("sec-fetch-site");
  const from = headers.get("origin") ?? headers.get("referer");
  const fromUs = from !== null && URL.canParse(from) && new URL(from).origin === env().APP_ORIGIN;
  const saysOtherwise = (site !== null && site !== "same-origin") || (from !== null && !fromUs);
  const cookieWithoutProof = !hasCsrfToken && hasCookie && !fromUs && site !== "same-origin";
  if (saysOtherwise || cookieWithoutProof) {
    throw new AppError("cross_site_request", "The request was not sent by a page of this site. Nothing was changed.");
  }
}

/** proxy.ts sends the same, and pages their policy with the nonce; the chat does not pass through it. */
export function defaultHeaders({ isPage }: { isPage: boolean }): Record<string, string> {
  const isHttps = env().APP_ORIGIN.startsWith("https:");
  return {
    "cache-control": "private, no-store",
    ...(!isPage && { "content-security-policy": dataPolicy }),
    ...(isHttps && { "strict-transport-security": STRICT_TRANSPORT_SECURITY }),
  };
}

const isPage = ({ headers }: Response) => headers.get("content-type")?.startsWith("text/html") ?? false;

type Sent = { requestId: string; origin: string | null; setHeaders: (headers: Headers) => void };

function withHeaders(response: Response, sent: Sent): Response {
  try {
    response.headers.set("x-request-id", sent.requestId);
    sent.setHeaders(response.headers);
    for (const [name, value] of Object.entries(corsHeaders(sent.origin))) response.headers.append(name, value);
    for (const [name, value] of Object.entries(defaultHeaders({ isPage: isPage(response) }))) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  } catch {
    // Response.redirect() and fetch() give immutable headers.
    return withHeaders(new Response(response.body, response), sent);
  }
}

export function logFailure(error: unknown, request: { method: string; url: string }, requestId: string): void {
  const { pathname } = new URL(request.url, env().APP_ORIGIN);
  const route = pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "[id]");
  const code = isAppError(error) ? error.code : "internal";
  const status = (isAppError(error) && error.status) || problems[code].status;
  const fields = { requestId, route, method: request.method, status, code };
  if (code === "internal") log.error("a request failed", { ...fields, err: error });
  else log.info("a request was refused", isAppError(error) && error.cause ? { ...fields, err: error.cause } : fields);
}
