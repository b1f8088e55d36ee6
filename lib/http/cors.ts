import { env } from "@/lib/env";

/** Browsers keep a preflight's answer for no longer than this (Chromium's bound). */
const PREFLIGHT_SECONDS = 7200;
const METHODS = "GET, POST, PUT, PATCH, DELETE";
/** What a frontend of another origin may read besides the body and its type. */
const EXPOSED = [
  ...[
    "x-request-id",
    "retry-after",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "content-disposition",
  ],
  ...["x-conversation-id", "x-key-source", "x-key-provider", "x-key-fallback"],
].join(", ");
const HEADER_NAMES = /^[a-z0-9-]{1,64}(?:, ?[a-z0-9-]{1,64}){0,39}$/i;

/** Whether pages of this origin may call the API: only those that CORS_ORIGINS names, with a token, never with a cookie. */
export const isAllowedOrigin = (origin: string | null): origin is string =>
  origin !== null && env().CORS_ORIGINS.includes(origin);

/** Of an answer of the API. Without CORS_ORIGINS there are none. */
export function corsHeaders(origin: string | null): Record<string, string> {
  if (env().CORS_ORIGINS.length === 0) return {};
  if (!isAllowedOrigin(origin)) return { vary: "Origin" };
  return {
    vary: "Origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers": EXPOSED,
  };
}

/** Of the answer to a preflight; undefined when the request is none. An origin that is not allowed is allowed nothing. */
export function preflightHeaders(request: Request): Record<string, string> | undefined {
  const origin = request.headers.get("origin");
  if (request.method !== "OPTIONS" || origin === null) return undefined;
  if (!request.headers.has("access-control-request-method")) return undefined;
  const headers = corsHeaders(origin);
  if (!isAllowedOrigin(origin)) return headers;
  const asked = request.headers.get("access-control-request-headers") ?? "";
  return {
    ...headers,
    vary: "Origin, Access-Control-Request-Headers",
    "access-control-allow-methods": METHODS,
    // SDKs send headers of their own, which change with their versions; we read none that we do not know.
    ...(HEADER_NAMES.test(asked) && { "access-control-allow-headers": asked }),
    "access-control-max-age": String(PREFLIGHT_SECONDS),
  };
}
