import { PROVIDERS } from "./providers/provider-keys.ts";
import { dialects, providerOf, providerScenario, providerScenarioNames } from "./providers/serve-provider.ts";

/**
 * What a call ends in instead of the ordinary answer. `status`, `hang`, `reset` and `body` replace the answer;
 * the others change the ordinary completion.
 */
export interface Scenario {
  /** Waits this long before the answer's head. */
  delayMs?: number;
  status?: number;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Takes the request and stays silent. */
  hang?: boolean;
  /** Resets the connection instead of answering. */
  reset?: boolean;
  firstTokenMs?: number;
  tokenMs?: number;
  tokens?: number;
  text?: string;
  finishReason?: string;
  /** After this many content tokens the stream ends without a finish chunk. */
  cutAfter?: number;
  /** After this many content tokens the connection is reset. */
  resetAfter?: number;
  /** After this many content tokens nothing comes any more. */
  hangAfter?: number;
  /** After this many content tokens a chunk that is no JSON; then the stream goes on. */
  malformedAfter?: number;
  /** After this many content tokens a chunk with `error`; then the stream ends. */
  errorAfter?: number;
  error?: { code: number | string; message: string; metadata?: Record<string, unknown> };
  /** Form of the usage chunk. */
  usage?: "cost-null" | "empty-choices" | "none" | "null-details" | "missing-details";
  /** Leaves `data: [DONE]` out. */
  withoutDone?: boolean;
}

/** What a scenario may depend on: the time, the model that was asked for, and whose words it is told in. */
export interface ScenarioContext {
  now: number;
  model: string;
  /** Of the call; OpenRouter's own when it is left out. */
  path?: string;
}

const failure = (
  status: number,
  message: string,
  metadata?: Record<string, unknown>,
  headers?: Record<string, string>,
  userId?: string,
): Scenario => ({
  status,
  body: { error: { message, code: status, ...(metadata && { metadata }) }, ...(userId && { user_id: userId }) },
  ...(headers && { headers }),
});

const SAMPLE_USER = "user_2standin0000000000000000000";
const KEY_LIMIT = "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys";
const DAY_MS = 86_400_000;
const TOKENS_BEFORE_FAULT = 5;

function freeTier({ now }: ScenarioContext): Scenario {
  const headers = {
    "X-RateLimit-Limit": "50",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": String((Math.floor(now / DAY_MS) + 1) * DAY_MS),
  };
  const message = "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day";
  return failure(429, message, { headers, limit_source: "openrouter_free_tier_daily" }, headers, SAMPLE_USER);
}

const availability = (status: number, code: string, errorType: string, { model }: ScenarioContext): Scenario => ({
  status,
  body: {
    error: {
      code: status,
      message: `${model} is not available (${code}).`,
      error_type: errorType,
      http_status: status,
      availability: { code, retryable: status === 503, requested_models: [model] },
    },
  },
});

/** One row of openrouter-wire.md, section 4.1, per status: message and `error_type`. */
const STATUS_ROWS: Record<number, [string, string]> = {
  400: ["Invalid request parameters", "invalid_request"],
  401: ["User not found.", "authentication"],
  402: ["Insufficient credits. Add more using https://openrouter.ai/credits", "payment_required"],
  403: ["You are not allowed to do this.", "permission_denied"],
  404: ["No endpoints found matching your data policy.", "not_found"],
  408: ["Request timed out", "timeout"],
  412: ["Precondition failed", "precondition_failed"],
  413: ["Request payload is too large", "payload_too_large"],
  422: ["Request cannot be processed", "unprocessable"],
  429: ["Rate limit exceeded", "rate_limit_exceeded"],
  500: ["Internal Server Error", "server"],
  502: ["Provider returned no valid answer", "provider_unavailable"],
  503: ["No provider meets the routing requirements", "provider_overloaded"],
  504: ["Request timed out", "timeout"],
  524: ["Request timed out at the edge", "timeout"],
  529: ["Provider overloaded", "provider_overloaded"],
};
const RETRY_AFTER: Record<number, Record<string, string>> = {
  429: { "Retry-After": "2" },
  503: { "Retry-After": "2" },
};

const BIG_BODY_BYTES = 5 * 1024 * 1024;
const HTML_PAGE =
  "<!doctype html><html><head><title>Just a moment</title></head><body><h1>Bad gateway</h1></body></html>";
const html = { "Content-Type": "text/html; charset=utf-8" };

const named: Record<string, Scenario | ((context: ScenarioContext) => Scenario)> = {
  ...Object.fromEntries(
    Object.entries(STATUS_ROWS).map(([status, [message, type]]) => [
      `status-${status}`,
      failure(Number(status), message, { error_type: type }, RETRY_AFTER[Number(status)]),
    ]),
  ),
  // Refusals before the stream
  "invalid-model": ({ model }) => failure(400, `${model} is not a valid model ID`),
  "context-length": failure(400, "This endpoint's maximum context length is exceeded.", {
    error_type: "context_length_exceeded",
  }),
  "missing-auth": failure(401, "Missing Authentication header"),
  "no-auth": failure(401, "No auth credentials found"),
  "key-invalid": failure(401, "User not found."),
  "no-credit": failure(402, "Insufficient credits. Add more using https://openrouter.ai/credits"),
  "credit-too-low": failure(
    402,
    "This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 27342. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account",
    { provider_name: null },
    undefined,
    SAMPLE_USER,
  ),
  "in-flight-budget": failure(
    402,
    "Too many paid requests are running. Try again shortly.",
    { limit_source: "openrouter_in_flight_budget" },
    { "Retry-After": "1" },
  ),
  "key-limit": failure(403, KEY_LIMIT, undefined, undefined, SAMPLE_USER),
  "key-limit-402": failure(402, KEY_LIMIT, undefined, undefined, SAMPLE_USER),
  "key-limit-budget": failure(403, "Budget limit exceeded", {
    limit_source: "openrouter_key_limit",
    scope: "api_key",
    limit_usd: 5,
    spend_usd: 5,
    resets_at: null,
  }),
  moderation: ({ model }) =>
    failure(403, "Your input was flagged by moderation.", {
      reasons: ["violence"],
      flagged_input: "the beginning of what was flagged",
      provider_name: "OpenAI",
      model_slug: model,
    }),
  guardrail: failure(403, "Blocked by a guardrail.", { patterns: ["internal-*"] }),
  "region-restricted": (context) => availability(403, "region_restricted", "permission_denied", context),
  "no-endpoints": (context) => availability(404, "no_endpoints", "not_found", context),
  "model-deprecated": (context) => availability(404, "model_deprecated", "not_found", context),
  "temporarily-unavailable": (context) => availability(503, "temporarily_unavailable", "provider_overloaded", context),
  "free-tier": freeTier,
  "provider-429": failure(429, "Provider returned error", {
    raw: "upstream is temporarily rate-limited, please retry shortly",
    provider_name: "Chutes",
  }),
  "provider-502": failure(502, "Provider returned error", { raw: "error code: 502", provider_name: "DeepInfra" }),
  // Answers that are none
  "error-200": {
    status: 200,
    body: { error: { message: "Provider returned error", code: 502, metadata: { provider_name: "DeepInfra" } } },
  },
  html: { status: 200, body: HTML_PAGE, headers: html },
  "html-502": { status: 502, body: HTML_PAGE, headers: html },
  "empty-json": { status: 200, body: {} },
  "no-json": { status: 200, body: '{"data": {"label": "cut he', headers: { "Content-Type": "application/json" } },
  "huge-body": () => ({ status: 200, body: { key: "x".repeat(BIG_BODY_BYTES), user_id: null } }),
  redirect: { status: 302, body: "", headers: { Location: "https://elsewhere.invalid/" } },
  hang: { hang: true },
  reset: { reset: true },
  // Faults in the stream
  "slow-first-token": { firstTokenMs: 10_000 },
  "as-fast-as-possible": { firstTokenMs: 0, tokenMs: 0 },
  "cut-stream": { cutAfter: TOKENS_BEFORE_FAULT },
  "reset-mid-stream": { resetAfter: TOKENS_BEFORE_FAULT },
  "hang-mid-stream": { hangAfter: TOKENS_BEFORE_FAULT },
  "hang-after-head": { hangAfter: 0 },
  "malformed-chunk": { malformedAfter: TOKENS_BEFORE_FAULT },
  "mid-stream-error": {
    errorAfter: TOKENS_BEFORE_FAULT,
    error: { code: 502, message: "Provider disconnected", metadata: { error_type: "provider_unavailable" } },
  },
  "mid-stream-error-string": {
    errorAfter: TOKENS_BEFORE_FAULT,
    error: { code: "server_error", message: "Provider disconnected unexpectedly" },
  },
  "error-first-chunk": {
    errorAfter: 0,
    error: { code: 429, message: "Provider returned error", metadata: { error_type: "rate_limit_exceeded" } },
  },
  "finish-error": { finishReason: "error" },
  "content-filter": { finishReason: "content_filter" },
  "cost-null": { usage: "cost-null" },
  "empty-choices": { usage: "empty-choices" },
  "no-usage": { usage: "none" },
  "usage-null-details": { usage: "null-details" },
  "usage-missing-details": { usage: "missing-details" },
  "no-done": { withoutDone: true },
};

/** `exchange-<name>` and `key-info-<name>` are the same scenarios at another path. */
const PREFIXED_PATHS = { "exchange-": "/api/v1/auth/keys", "key-info-": "/api/v1/key" } as const;
const DEFAULT_PATH = "/api/v1/chat/completions";

/** The other providers' scenarios: `openai-status-429`, `google-unknown-key`, `xai-cut-stream`. */
export const providerScenarios = Object.fromEntries(
  PROVIDERS.map((provider) => [provider, providerScenarioNames(provider).map((name) => `${provider}-${name}`)]),
);
export const scenarioNames = Object.keys(named);

/**
 * A call to another provider gets that provider's own words for a refusal, and what is no refusal as everywhere.
 *
 * @returns the scenario and the path it is meant for; undefined for an unknown name.
 */
export function namedScenario(
  name: string,
  context: ScenarioContext,
): { scenario: Scenario; path: string } | undefined {
  for (const [prefix, path] of Object.entries(PREFIXED_PATHS)) {
    if (!name.startsWith(prefix)) continue;
    const inner = namedScenario(name.slice(prefix.length), context);
    return inner && { scenario: inner.scenario, path };
  }
  for (const provider of PROVIDERS) {
    if (!name.startsWith(`${provider}-`)) continue;
    const path = `${dialects[provider].base}/*`;
    const inner = namedScenario(name.slice(provider.length + 1), { ...context, path });
    return inner && { scenario: inner.scenario, path };
  }
  const provider = context.path === undefined ? undefined : providerOf(context.path);
  const own = provider && providerScenario(provider, name, context.model);
  if (own) return { scenario: own, path: DEFAULT_PATH };
  const found = Object.hasOwn(named, name) ? named[name] : undefined;
  return found && { scenario: typeof found === "function" ? found(context) : found, path: DEFAULT_PATH };
}
