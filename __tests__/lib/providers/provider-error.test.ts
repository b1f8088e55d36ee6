import { APICallError } from "ai";
import { describe, expect, it } from "vitest";
import { explainFailure } from "@/lib/providers/provider-error";

type Body = { code?: number | string; message?: string; metadata?: Record<string, unknown>; error_type?: string };
const refusal = (statusCode: number, error: Body, responseHeaders: Record<string, string> = {}) =>
  new APICallError({
    message: "[OpenAI] secret prompt",
    url: "https://openrouter.ai/api/v1/chat/completions",
    requestBodyValues: { messages: "secret prompt" },
    statusCode,
    responseHeaders,
    responseBody: JSON.stringify({ error: { code: statusCode, ...error } }),
  });
const user = { source: "user" as const, provider: "openrouter" as const };

describe("what OpenRouter says (openrouter-wire.md, section 4)", () => {
  it.each([
    [401, { message: "User not found." }, "key_invalid", "invalid"],
    [
      402,
      { message: "Insufficient credits. Add more using https://openrouter.ai/credits" },
      "out_of_credit",
      "out_of_credit",
    ],
    [
      402,
      { message: "This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens" },
      "out_of_credit",
      "out_of_credit",
    ],
    [402, { metadata: { limit_source: "openrouter_in_flight_budget" } }, "provider_rate_limited", undefined],
    [402, { message: "Key limit exceeded (total limit)" }, "key_limit_reached", "limit_reached"],
    [403, { message: "Key limit exceeded (total limit). Manage it using x" }, "key_limit_reached", "limit_reached"],
    [
      403,
      { message: "Budget limit exceeded", metadata: { limit_source: "openrouter_key_limit" } },
      "key_limit_reached",
      "limit_reached",
    ],
    [
      403,
      { message: "flagged", metadata: { reasons: ["violence"], flagged_input: "…" } },
      "invalid_request",
      undefined,
    ],
    [403, { message: "region" }, "model_not_allowed", undefined],
    [400, { message: "nope/nope is not a valid model ID" }, "model_not_found", undefined],
    [400, { metadata: { error_type: "context_length_exceeded" } }, "payload_too_large", undefined],
    [400, { message: "bad parameter" }, "invalid_request", undefined],
    [404, { message: "No endpoints found" }, "model_not_found", undefined],
    [408, {}, "provider_timeout", undefined],
    [413, {}, "payload_too_large", undefined],
    [422, {}, "invalid_request", undefined],
    [429, { message: "Rate limit exceeded: free-models-per-day" }, "provider_rate_limited", undefined],
    [500, {}, "provider_unavailable", undefined],
    [502, {}, "provider_unavailable", undefined],
    [503, {}, "provider_unavailable", undefined],
    [504, {}, "provider_timeout", undefined],
    [524, {}, "provider_timeout", undefined],
    [529, {}, "provider_unavailable", undefined],
    [302, {}, "provider_unavailable", undefined],
  ] as const)("%i %j is %s and leaves the key %s", (status, body, code, keyState) => {
    const failure = explainFailure(refusal(status, body), user);
    expect(failure.error.code).toBe(code);
    expect(failure.keyState).toBe(keyState);
    expect(failure.error.message).not.toContain("secret");
  });

  it.each([[502], ["502"]])("the same in a chunk with the code %j", (code) => {
    expect(explainFailure({ code, message: "Provider returned error" }, user).error.code).toBe("provider_unavailable");
  });

  it("keeps the waiting time it asks for", () => {
    expect(explainFailure(refusal(429, {}, { "retry-after": "17" }), user).error.retryAfterSeconds).toBe(17);
    const reset = { "X-RateLimit-Reset": String(Date.now() + 30_000) };
    const seconds = explainFailure(refusal(429, { metadata: { headers: reset } }), user).error.retryAfterSeconds;
    expect(seconds).toBeGreaterThan(25);
    expect(seconds).toBeLessThan(31);
  });
});

it("tells a time-out, also one wrapped by fetch, from a provider that is down", () => {
  const named = (name: string) => Object.assign(new Error("x"), { name });
  expect(explainFailure(new TypeError("fetch failed", { cause: named("HeadersTimeoutError") }), user).error.code).toBe(
    "provider_timeout",
  );
  expect(explainFailure(new TypeError("fetch failed", { cause: named("Error") }), user).error.code).toBe(
    "provider_unavailable",
  );
});

it("never marks the user's key for a refusal of the shared one, and offers to connect a key", () => {
  const failure = explainFailure(refusal(402, { message: "Insufficient credits" }), {
    source: "shared",
    provider: "openrouter",
  });
  expect(failure.keyState).toBeUndefined();
  expect(failure.error).toMatchObject({
    code: "out_of_credit",
    action: "connect",
    message: expect.stringContaining("shared key"),
  });
});
