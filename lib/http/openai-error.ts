import { type ErrorCode, isAppError } from "@/lib/errors";
import { toProblem } from "./problem";

/** As OpenAI refuses, so that its clients raise the errors that their programs know. */
type OpenAiError = { message: string; type: string; param: string | null; code: string | number; action?: string };
type Refusal = { status: number; headers: Record<string, string>; body: { error: OpenAiError } };
type Asking = { headers: { get: (name: string) => string | null } };

/** @param error anything thrown: what is no refusal of ours tells nothing of itself. */
export function openAiError(error: unknown, requestId = ""): OpenAiError {
  const { code, detail, action, issues } = toProblem(error, requestId);
  const type = types[code] ?? "invalid_request_error";
  return { message: detail, type, param: issues?.[0]?.path || null, code, ...(action && { action }) };
}

/** The same as an answer. OpenRouter's own client takes an error for one only when its code is a number. */
export function openAiRefusal(error: unknown, requestId: string, request: Asking): Refusal {
  const { status } = toProblem(error, requestId);
  const said = openAiError(error, requestId);
  const isOpenRouters = request.headers.get("user-agent")?.startsWith("speakeasy-sdk/");
  const wait = isAppError(error) ? error.retryAfterSeconds : undefined;
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...(wait !== undefined && { "retry-after": String(Math.max(1, Math.ceil(wait))) }),
    },
    body: { error: isOpenRouters ? { ...said, code: status, ...{ metadata: { code: said.code } } } : said },
  };
}

export function openAiErrorResponse(error: unknown, requestId: string, request: Asking): Response {
  const { status, headers, body } = openAiRefusal(error, requestId, request);
  return Response.json(body, { status, headers });
}

/** OpenAI's names for kinds of refusals; the rest is `invalid_request_error`. */
const types: Partial<Record<ErrorCode, string>> = {
  unauthenticated: "authentication_error",
  forbidden: "permission_error",
  no_key: "permission_error",
  key_invalid: "permission_error",
  key_expired: "permission_error",
  model_not_allowed: "permission_error",
  key_limit_reached: "insufficient_quota",
  out_of_credit: "insufficient_quota",
  budget_reached: "insufficient_quota",
  rate_limited: "rate_limit_error",
  provider_rate_limited: "rate_limit_error",
  provider_unavailable: "server_error",
  provider_timeout: "server_error",
  internal: "server_error",
};
