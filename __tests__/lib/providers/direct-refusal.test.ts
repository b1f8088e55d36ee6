import { APICallError } from "ai";
import { describe, expect, it } from "vitest";
import { providerNames } from "@/lib/providers/names";
import { explainFailure } from "@/lib/providers/provider-error";

const providers = ["openai", "anthropic", "google", "xai"] as const;
type Direct = (typeof providers)[number];
const SECRET = "the secret prompt";

const refusal = (statusCode: number, body: unknown, responseHeaders: Record<string, string> = {}) =>
  new APICallError({
    message: SECRET,
    url: "https://provider.example",
    requestBodyValues: { messages: SECRET },
    statusCode,
    responseHeaders,
    responseBody: typeof body === "string" ? body : JSON.stringify(body),
  });
const explain = (provider: Direct, error: unknown) => explainFailure(error, { source: "user", provider });

const openai = (code: string | null, message: string = SECRET) => ({
  error: { message, type: "x", param: null, code },
});
const anthropic = (type: string, message: string = SECRET) => ({ type: "error", error: { type, message } });
const google = (code: number, message: string, reason?: string) => ({
  error: { code, message, status: "X", details: reason ? [{ reason }] : [] },
});
const xai = (error: string) => ({ code: "x", error });

describe("what each provider says (openrouter-wire.md, section 7)", () => {
  it.each([
    ["openai", 401, openai("invalid_api_key"), "key_invalid", "invalid"],
    ["openai", 401, openai(null, "You must be a member of an organization"), "key_invalid", undefined],
    ["openai", 403, openai("unsupported_country_region_territory"), "provider_unavailable", undefined],
    ["openai", 403, openai(null), "model_not_allowed", undefined],
    ["openai", 404, openai("model_not_found"), "model_not_found", undefined],
    ["openai", 429, openai("insufficient_quota"), "out_of_credit", "out_of_credit"],
    ["openai", 429, openai("rate_limit_exceeded"), "provider_rate_limited", undefined],
    ["openai", 400, openai("billing_hard_limit_reached"), "out_of_credit", "out_of_credit"],
    ["openai", 400, openai("context_length_exceeded"), "payload_too_large", undefined],
    ["openai", 400, openai("invalid_prompt"), "invalid_request", undefined],
    ["anthropic", 401, anthropic("authentication_error"), "key_invalid", "invalid"],
    ["anthropic", 402, anthropic("billing_error"), "out_of_credit", "out_of_credit"],
    [
      "anthropic",
      400,
      anthropic("invalid_request_error", "Your credit balance is too low"),
      "out_of_credit",
      "out_of_credit",
    ],
    [
      "anthropic",
      400,
      anthropic("invalid_request_error", "You have reached your specified API usage limits."),
      "key_limit_reached",
      "limit_reached",
    ],
    [
      "anthropic",
      400,
      anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
      "payload_too_large",
      undefined,
    ],
    ["anthropic", 404, anthropic("not_found_error"), "model_not_found", undefined],
    ["anthropic", 413, anthropic("request_too_large"), "payload_too_large", undefined],
    ["anthropic", 529, anthropic("overloaded_error"), "provider_unavailable", undefined],
    [
      "google",
      400,
      google(400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
      "key_invalid",
      "invalid",
    ],
    [
      "google",
      400,
      google(400, "API key expired. Please renew the API key.", "API_KEY_INVALID"),
      "key_expired",
      "expired",
    ],
    ["google", 400, google(400, "User location is not supported for the API use."), "provider_unavailable", undefined],
    [
      "google",
      400,
      google(400, "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
      "payload_too_large",
      undefined,
    ],
    ["google", 403, google(403, "Your API key was reported as leaked."), "key_invalid", "invalid"],
    ["google", 403, google(403, "x", "SERVICE_DISABLED"), "model_not_allowed", undefined],
    ["google", 429, google(429, "Your prepayment credits are depleted."), "out_of_credit", "out_of_credit"],
    ["google", 429, google(429, "x"), "provider_rate_limited", undefined],
    ["xai", 400, xai("Incorrect API key provided: xai-AB***yz."), "key_invalid", "invalid"],
    ["xai", 400, xai("This model's maximum prompt length is 8."), "payload_too_large", undefined],
    ["xai", 400, xai("Model not found: grok-0"), "model_not_found", undefined],
    [
      "xai",
      403,
      xai("Your team has either used all available credits or reached its monthly spending limit."),
      "out_of_credit",
      "out_of_credit",
    ],
    ["xai", 403, xai("The API key is blocked."), "key_invalid", "invalid"],
    ["xai", 403, xai("x"), "model_not_allowed", undefined],
  ] as const)("%s: %i %j is %s and puts the key into the state %s", (provider, status, body, code, keyState) => {
    const failure = explain(provider, refusal(status, body));
    expect(failure.error.code).toBe(code);
    expect(failure.keyState).toBe(keyState);
    expect(failure.error.message).not.toMatch(/secret|OpenRouter|xai-/);
  });

  it.each(providers)("of %s, a body that is no JSON is judged by its status", (provider) => {
    expect(explain(provider, refusal(401, "<html>")).error.code).toBe("key_invalid");
    expect(explain(provider, refusal(503, "")).error.code).toBe("provider_unavailable");
    expect(explain(provider, refusal(302, "")).error.code).toBe("provider_unavailable");
    expect(explain(provider, new TypeError("fetch failed")).error.code).toBe("provider_unavailable");
    for (const odd of [null, undefined, 7, "text", [], { error: null }, { statusCode: "many" }]) {
      expect(explain(provider, odd).error.code).toBe("provider_unavailable");
    }
  });

  it.each(providers)("of %s, every sentence about key or money names it", (provider) => {
    for (const status of [401, 402, 403, 404, 429, 500, 504]) {
      expect(explain(provider, refusal(status, {})).error.message).toContain(providerNames[provider]);
    }
  });
});

it("an error within the stream is judged as one before it", () => {
  const overloaded = { message: SECRET, type: "overloaded_error", statusCode: 529, data: {} };
  expect(explain("anthropic", overloaded).error.code).toBe("provider_unavailable");
  const spent = { message: SECRET, code: "insufficient_quota", statusCode: 429 };
  expect(explain("openai", spent)).toMatchObject({ error: { code: "out_of_credit" }, keyState: "out_of_credit" });
  const limited = { message: SECRET, type: "RESOURCE_EXHAUSTED", code: 429 };
  expect(explain("google", limited).error.code).toBe("provider_rate_limited");
});

it("keeps the waiting time, as a header in seconds or as a date, and as Google's detail", () => {
  const seconds = (provider: Direct, error: unknown) => explain(provider, error).error.retryAfterSeconds;
  expect(seconds("openai", refusal(429, {}, { "retry-after": "17" }))).toBe(17);
  const date = new Date(Date.now() + 30_000).toUTCString();
  expect(seconds("anthropic", refusal(429, {}, { "retry-after": date }))).toBeGreaterThan(27);
  const detail = { error: { code: 429, message: "x", details: [{ "@type": "x/RetryInfo", retryDelay: "34.5s" }] } };
  expect(seconds("google", refusal(429, detail))).toBe(34.5);
  expect(seconds("xai", refusal(429, {}))).toBeUndefined();
});
