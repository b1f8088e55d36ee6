import { AppError, type ErrorCode, isAppError } from "@/lib/errors";

/** One row a code; a new code without a row does not compile. */
export const problems: Record<ErrorCode, { status: number; title: string }> = {
  unauthenticated: { status: 401, title: "Sign in first" },
  forbidden: { status: 403, title: "Not allowed" },
  cross_site_request: { status: 403, title: "The request came from another site" },
  not_found: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Something else happened at the same time" },
  payload_too_large: { status: 413, title: "Too large" },
  unsupported_media_type: { status: 415, title: "Send JSON" },
  invalid_request: { status: 400, title: "The request has a fault" },
  email_taken: { status: 409, title: "This e-mail address has an account" },
  invalid_credentials: { status: 401, title: "E-mail address or password is wrong" },
  rate_limited: { status: 429, title: "Too many requests" },
  no_key: { status: 403, title: "No key can pay for this" },
  key_invalid: { status: 403, title: "The key is no longer accepted" },
  key_expired: { status: 403, title: "The key has expired" },
  key_limit_reached: { status: 402, title: "The key has reached its spending limit" },
  out_of_credit: { status: 402, title: "The account has no credit left" },
  budget_reached: { status: 402, title: "The budget is spent" },
  model_not_allowed: { status: 403, title: "This model may not be used here" },
  model_not_found: { status: 404, title: "There is no such model" },
  provider_rate_limited: { status: 429, title: "The provider asks to slow down" },
  provider_unavailable: { status: 502, title: "The provider does not answer" },
  provider_timeout: { status: 504, title: "The provider took too long" },
  internal: { status: 500, title: "An error on our side" },
};

export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  action?: AppError["action"];
  issues?: AppError["issues"];
};

/** What postgres.js and PostgreSQL say of a connection that is not there, breaks, or is refused for a while. */
const AWAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "53300", // too many connections
  "57P01", // ended by the administrator
  "57P02", // crash of another connection
  "57P03", // starting up, shutting down
]);
const RETRY_AFTER_SECONDS = 5;

/** Whether a failed query never reached the database, or was cut off with its connection. */
function isDatabaseAway(error: unknown): boolean {
  const isQuery = error instanceof Error && "query" in error; // drizzle's wrapper, which has no name of its own
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && AWAY.has(code) && (isQuery || /^(CONNECT|5)/.test(code));
}

const databaseAway = () =>
  new AppError(
    "internal",
    "Our database does not answer right now. Nothing was changed by this request as far as we can tell. Try again in a moment.",
    { status: 503, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );

/** The body of an error answer (RFC 9457), the same for a route and for an error event in a stream. */
export function toProblem(error: unknown, requestId: string): Problem {
  if (!isAppError(error)) {
    return describe(
      "internal",
      "Nothing was changed by this request as far as we can tell. Try again in a moment.",
      requestId,
    );
  }
  const { code, message, action, issues, members, status = problems[code].status } = error;
  return { ...members, ...describe(code, message, requestId), status, action, issues };
}

function describe(code: ErrorCode, detail: string, requestId: string): Problem {
  return { type: `urn:chatelaine:problem:${code}`, ...problems[code], detail, code, requestId };
}

export function problemResponse(thrown: unknown, requestId: string): Response {
  const error = isDatabaseAway(thrown) ? databaseAway() : thrown;
  const problem = toProblem(error, requestId);
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "private, no-store" });
  headers.set("x-request-id", requestId);
  if (isAppError(error) && error.retryAfterSeconds !== undefined) {
    headers.set("retry-after", String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
