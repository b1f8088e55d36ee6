import { describe, expect, it, vi } from "vitest";
import { setTestEnv } from "@/__tests__/support/env";
import { keyOf } from "@/__tests__/support/provider-keys";
import {
  answer,
  networkError,
  providersUpstream,
  realAddresses,
  silence,
} from "@/__tests__/support/providers-upstream";
import type { AskOptions } from "@/lib/providers/ask-provider";
import { checkKey } from "@/lib/providers/check-key";
import { PROVIDERS, type Provider, providerNames } from "@/lib/providers/names";

const upstream = providersUpstream();
setTestEnv(realAddresses);

/** Pauses of milliseconds, so that retries cost the test no time. */
const quick: AskOptions = { firstPauseMs: 1 };
const check = (provider: Provider, apiKey = keyOf[provider](), options = quick) =>
  checkKey({ provider, apiKey }, options);

const calls: Record<Provider, { url: string; header: string; value: (key: string) => string }> = {
  openrouter: { url: "https://openrouter.ai/api/v1/key", header: "authorization", value: (key) => `Bearer ${key}` },
  openai: { url: "https://api.openai.com/v1/models", header: "authorization", value: (key) => `Bearer ${key}` },
  anthropic: { url: "https://api.anthropic.com/v1/models", header: "x-api-key", value: (key) => key },
  google: {
    url: "https://generativelanguage.googleapis.com/v1beta/models",
    header: "x-goog-api-key",
    value: (key) => key,
  },
  xai: { url: "https://api.x.ai/v1/api-key", header: "authorization", value: (key) => `Bearer ${key}` },
};

const openRouterInfo = (data: Record<string, unknown> = {}) => ({
  data: {
    label: "Chatelaine",
    limit: 10,
    limit_remaining: 7.5,
    usage: 2.5,
    is_free_tier: false,
    expires_at: null,
    ...data,
  },
});
const openAiError = (code: string | null, message = "") => ({
  error: { message, type: "invalid_request_error", param: null, code },
});
const anthropicError = (type: string, message = "") => ({
  type: "error",
  error: { type, message },
  request_id: "req_1",
});
const googleError = (code: number, status: string, message: string, reason?: string) => ({
  error: {
    code,
    status,
    message,
    details: reason ? [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }] : [],
  },
});
const xaiError = (error: string, code = "Client specified an invalid argument") => ({ code, error });
const xaiInfo = (data: Record<string, unknown> = {}) => ({
  redacted_api_key: "xai-...b14o",
  api_key_blocked: false,
  api_key_disabled: false,
  team_blocked: false,
  acls: ["api-key:model:*", "api-key:endpoint:*"],
  ...data,
});

const good: Record<Provider, unknown> = {
  openrouter: openRouterInfo(),
  openai: { object: "list", data: [{ id: "gpt-5", object: "model" }] },
  anthropic: { data: [{ id: "claude-sonnet-5", type: "model" }], has_more: false },
  google: { models: [{ name: "models/gemini-2.5-pro" }] },
  xai: xaiInfo(),
};

describe.each(PROVIDERS)("a check of a key of %s", (provider) => {
  it("is one free GET at the provider's own address, the key in its header and nowhere else", async () => {
    const apiKey = keyOf[provider]();
    upstream.answer(answer(200, good[provider]));
    expect(await check(provider, apiKey)).toMatchObject({ status: "valid", keyState: "active" });
    const [call, ...others] = upstream.seen;
    const { url, header, value } = calls[provider];
    expect(others).toEqual([]);
    expect(call).toMatchObject({ method: "GET", url, body: "" });
    expect(call?.headers[header]).toBe(value(apiKey));
    const carrying = Object.entries(call?.headers ?? {}).filter(([, text]) => text.includes(apiKey));
    expect(carrying.map(([name]) => name)).toEqual([header]);
    expect(call?.headers.origin).toBeUndefined();
  });

  it.each([
    [401, "<html><title>Sign in to the network</title></html>", { "content-type": "text/html" }],
    [403, "<html>blocked</html>", { "content-type": "text/html; charset=utf-8" }],
    [200, "<!doctype html><title>Welcome</title>", { "content-type": "text/html" }],
    [200, "", {}],
    [200, '{"data":[', {}],
    [200, "null", {}],
    [200, "[]", {}],
    [200, '{"error":{"message":"odd"}}', {}],
    [200, JSON.stringify({ data: ["x".repeat(3 * 1024 * 1024)] }), {}],
    [204, null as unknown as string, {}],
    [301, "", { location: "https://elsewhere.example/models" }],
    [302, "", { location: "https://elsewhere.example/models" }],
    [307, "", { location: "https://elsewhere.example/models" }],
    [404, "{}", {}],
    [405, "", {}],
    [418, "{}", {}],
  ])("that brings %i %.24j says nothing about it, and goes nowhere else", async (status, body, headers) => {
    upstream.answer(() => new Response(body, { status, headers: headers as Record<string, string> }));
    const result = await check(provider);
    expect(result).toMatchObject({ status: "unchecked", message: expect.stringContaining("could not be checked") });
    expect(result.keyState).toBeUndefined();
    expect(upstream.seen).toHaveLength(1);
  });

  it.each([408, 429, 500, 502, 503, 504, 529])(
    "that brings %i is tried again, three times at the most",
    async (status) => {
      upstream.answer(answer(status, { error: { message: "later" } }));
      const result = await check(provider);
      expect(result).toMatchObject({ status: "unchecked", reason: status === 429 ? "rate_limited" : "unavailable" });
      expect(result.keyState).toBeUndefined();
      expect(upstream.seen).toHaveLength(3);
    },
  );

  it("that fails once and then goes well is valid", async () => {
    upstream.answer(answer(503, {}), networkError, answer(200, good[provider]));
    expect(await check(provider)).toMatchObject({ status: "valid" });
    expect(upstream.seen).toHaveLength(3);
  });

  it("that cannot reach it says so", async () => {
    upstream.answer(networkError);
    expect(await check(provider)).toMatchObject({ status: "unchecked", reason: "unreachable" });
  });

  it("that hangs ends at its limit and is not repeated", async () => {
    upstream.answer(silence);
    expect(await check(provider, undefined, { ...quick, attemptMs: 50 })).toMatchObject({
      status: "unchecked",
      reason: "timeout",
    });
    expect(upstream.seen).toHaveLength(1);
  });

  it("with a plain 401 finds it invalid, with a 402 without credit", async () => {
    upstream.answer(answer(401, { error: { message: "no" } }));
    expect(await check(provider)).toMatchObject({ status: "invalid", keyState: "invalid" });
    upstream.answer(answer(402, { error: { message: "pay" } }));
    expect(await check(provider)).toMatchObject({ status: "no_credit", keyState: "out_of_credit" });
  });

  it.each([
    ["a line end inside", "sk-or-v1-abc\r\nx-evil: 1"],
    ["a NUL", "sk-proj-abcdefgh\0abcdefgh"],
    ["letters no header takes", "sk-proj-abcdefgh€abcdefgh"],
    ["a byte above 127", "sk-proj-abcdefgh\u0080abcdefgh"],
    ["64 kB", "k".repeat(65_536)],
    ["nothing", ""],
  ])("of %s is refused in words and never sent", async (_what, apiKey) => {
    const result = await check(provider, apiKey);
    expect(result).toMatchObject({ status: "invalid", reason: "unfit", message: expect.stringMatching(/\.$/) });
    expect(result.keyState).toBeUndefined();
    expect(upstream.seen).toEqual([]);
  });

  it.each(PROVIDERS.filter((other) => other !== provider))(
    "does not show it a key of %s, and says whose it is",
    async (other) => {
      upstream.answer(answer(200, good[provider]));
      const result = await check(provider, keyOf[other]());
      expect(result).toMatchObject({ status: "invalid", looksLike: other });
      expect(result.message).toContain(providerNames[other]);
      expect(upstream.seen).toEqual([]);
    },
  );

  it("asks about a key of a form that nobody has seen before", async () => {
    upstream.answer(answer(200, good[provider]));
    expect(await check(provider, `new2027_${"Zz9".repeat(20)}`)).toMatchObject({ status: "valid" });
  });
});

type Row = [provider: Provider, status: number, body: unknown, result: string, keyState?: string];
const rows: Row[] = [
  ["openrouter", 200, openRouterInfo({ is_management_key: true }), "wrong_kind", "invalid"],
  ["openrouter", 200, openRouterInfo({ is_provisioning_key: true }), "wrong_kind", "invalid"],
  ["openrouter", 200, openRouterInfo({ limit_remaining: 0 }), "no_credit", "limit_reached"],
  ["openrouter", 200, openRouterInfo({ limit_remaining: -0.01 }), "no_credit", "limit_reached"],
  ["openrouter", 200, openRouterInfo({ limit: null, limit_remaining: null }), "valid", "active"],
  ["openrouter", 200, openRouterInfo({ expires_at: "2020-01-01T00:00:00Z" }), "invalid", "expired"],
  ["openrouter", 401, { error: { code: 401, message: "User not found." } }, "invalid", "invalid"],
  ["openrouter", 403, { error: { code: 403, message: "no" } }, "unchecked"],

  ["openai", 200, { object: "list", data: [] }, "valid", "active"],
  [
    "openai",
    401,
    openAiError("invalid_api_key", "Incorrect API key provided: sk-proj-****abcd."),
    "invalid",
    "invalid",
  ],
  ["openai", 401, openAiError(null, "Incorrect API key provided: sk-proj-****abcd."), "invalid", "invalid"],
  ["openai", 401, openAiError("account_deactivated", "The account was deactivated."), "invalid", "invalid"],
  ["openai", 401, openAiError(null, "Your IP address 192.0.2.1 is not authorized."), "restricted", "active"],
  ["openai", 401, openAiError(null, "You must be a member of an organization to use the API."), "restricted", "active"],
  ["openai", 401, openAiError("missing_scope", "Missing scopes: api.model.read"), "restricted", "active"],
  ["openai", 403, openAiError("missing_scope"), "restricted", "active"],
  [
    "openai",
    403,
    openAiError(null, "You have insufficient permissions. Missing scopes: api.model.read"),
    "restricted",
    "active",
  ],
  [
    "openai",
    403,
    openAiError("unsupported_country_region_territory", "Country, region, or territory not supported"),
    "unchecked",
  ],
  ["openai", 429, openAiError("insufficient_quota", "You exceeded your current quota."), "no_credit", "out_of_credit"],
  ["openai", 429, openAiError("rate_limit_exceeded"), "unchecked"],
  ["openai", 503, openAiError(null, "The engine is overloaded."), "unchecked"],

  ["anthropic", 401, anthropicError("authentication_error", "invalid x-api-key"), "invalid", "invalid"],
  ["anthropic", 402, anthropicError("billing_error"), "no_credit", "out_of_credit"],
  [
    "anthropic",
    400,
    anthropicError("invalid_request_error", "Your credit balance is too low to access the API."),
    "no_credit",
    "out_of_credit",
  ],
  ["anthropic", 400, anthropicError("invalid_request_error", "odd"), "unchecked"],
  ["anthropic", 403, anthropicError("permission_error"), "restricted", "active"],
  ["anthropic", 403, anthropicError("permission_error", "This organization has been disabled."), "invalid", "invalid"],
  ["anthropic", 429, anthropicError("rate_limit_error"), "unchecked"],
  ["anthropic", 500, anthropicError("api_error"), "unchecked"],
  ["anthropic", 529, anthropicError("overloaded_error"), "unchecked"],

  ["google", 200, {}, "valid", "active"],
  [
    "google",
    400,
    googleError(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
    "invalid",
    "invalid",
  ],
  [
    "google",
    400,
    googleError(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "invalid",
    "invalid",
  ],
  ["google", 400, [googleError(400, "INVALID_ARGUMENT", "x", "API_KEY_INVALID")], "invalid", "invalid"],
  [
    "google",
    400,
    googleError(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", "API_KEY_INVALID"),
    "invalid",
    "expired",
  ],
  [
    "google",
    400,
    googleError(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    "unchecked",
  ],
  ["google", 400, googleError(400, "INVALID_ARGUMENT", "odd"), "unchecked"],
  ["google", 401, googleError(401, "UNAUTHENTICATED", "x", "ACCESS_TOKEN_TYPE_UNSUPPORTED"), "wrong_kind", "invalid"],
  ["google", 401, googleError(401, "UNAUTHENTICATED", "x"), "invalid", "invalid"],
  ["google", 403, googleError(403, "PERMISSION_DENIED", "x", "SERVICE_DISABLED"), "restricted", "active"],
  ["google", 403, googleError(403, "PERMISSION_DENIED", "x", "API_KEY_HTTP_REFERRER_BLOCKED"), "restricted", "active"],
  ["google", 403, googleError(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), "invalid", "invalid"],
  ["google", 429, googleError(429, "RESOURCE_EXHAUSTED", "x"), "unchecked"],
  ["google", 503, googleError(503, "UNAVAILABLE", "The model is overloaded."), "unchecked"],

  ["xai", 200, xaiInfo({ api_key_blocked: true }), "invalid", "invalid"],
  ["xai", 200, xaiInfo({ api_key_disabled: true }), "invalid", "invalid"],
  ["xai", 200, xaiInfo({ team_blocked: true }), "invalid", "invalid"],
  ["xai", 200, xaiInfo({ acls: ["api-key:model:grok-4", "api-key:endpoint:chat"] }), "restricted", "active"],
  ["xai", 200, xaiInfo({ acls: null }), "valid", "active"],
  ["xai", 200, { redacted_api_key: "xai-...b14o" }, "unchecked"],
  [
    "xai",
    400,
    xaiError("Incorrect API key provided: xai-AB***yz. You can obtain an API key from https://console.x.ai."),
    "invalid",
    "invalid",
  ],
  ["xai", 400, xaiError("odd"), "unchecked"],
  ["xai", 401, xaiError("no", "Unauthenticated"), "invalid", "invalid"],
  [
    "xai",
    403,
    xaiError("Your newly created team doesn't have any credits yet.", "The caller does not have permission"),
    "no_credit",
    "out_of_credit",
  ],
  ["xai", 403, xaiError("The API key is blocked."), "invalid", "invalid"],
  ["xai", 403, xaiError("odd"), "restricted", "active"],
  ["xai", 429, xaiError("Too many requests"), "unchecked"],
];

describe("what the providers answer (openrouter-wire.md, section 7)", () => {
  it.each(rows)("%s: %i %j is %s and makes the key %s", async (provider, status, body, expected, keyState) => {
    upstream.answer(answer(status, body));
    const result = await check(provider);
    expect(result.status).toBe(expected);
    expect(result.keyState).toBe(keyState);
  });

  it.each([
    ["openai", `sk-admin-${"a".repeat(80)}`, openAiError("invalid_api_key")],
    ["anthropic", `sk-ant-admin01-${"a".repeat(80)}`, anthropicError("authentication_error")],
    ["anthropic", `sk-ant-oat01-${"a".repeat(80)}`, anthropicError("authentication_error")],
  ] as const)("%s: %.16s… is told from an unknown key once it is refused", async (provider, apiKey, body) => {
    upstream.answer(answer(401, body));
    expect(await check(provider, apiKey)).toMatchObject({ status: "wrong_kind" });
  });

  it("an admin key that the provider takes is valid: forms are hints", async () => {
    upstream.answer(answer(200, good.openai));
    expect(await check("openai", `sk-admin-${"a".repeat(80)}`)).toMatchObject({ status: "valid" });
  });

  it("tells of OpenRouter's key all that OpenRouter tells", async () => {
    upstream.answer(answer(200, openRouterInfo({ limit_reset: "monthly" })));
    expect(await check("openrouter")).toMatchObject({
      info: { limit: "10", limitRemaining: "7.5", limitReset: "monthly", usage: { total: "2.5" } },
    });
  });
});

it("nothing of what a provider says, or of the key, is in the result", async () => {
  for (const [provider, status] of rows) {
    const apiKey = keyOf[provider]();
    const echo = `Incorrect API key provided: ${apiKey}; canary-from-upstream`;
    upstream.answer(answer(status === 200 ? 403 : status, { code: "x", error: echo }, { "x-echo": apiKey }));
    const text = JSON.stringify(await check(provider, apiKey));
    expect(text).not.toContain("canary");
    for (let at = 0; at + 8 <= apiKey.length; at++) {
      const run = apiKey.slice(at, at + 8);
      if (/^(sk-|xai-|AIza)/.test(run)) continue;
      expect(text.includes(run), `characters ${at} to ${at + 8} of a key of ${provider}`).toBe(false);
    }
  }
});

describe("waiting", () => {
  it("is no shorter than Retry-After asks", async () => {
    upstream.answer(answer(429, {}, { "retry-after": "1" }), answer(200, good.openai));
    const startedAt = performance.now();
    expect(await check("openai")).toMatchObject({ status: "valid" });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  it.each(["3600", new Date(Date.now() + 3_600_000).toUTCString()])(
    "is not begun when %s asks for longer than the check has; the result hands it on",
    async (retryAfter) => {
      upstream.answer(answer(429, {}, { "retry-after": retryAfter }));
      const startedAt = performance.now();
      const { retryAfterSeconds, ...result } = await check("openai");
      expect(result).toMatchObject({ status: "unchecked", reason: "rate_limited" });
      expect(retryAfterSeconds).toBeGreaterThan(3500);
      expect(performance.now() - startedAt).toBeLessThan(1000);
      expect(upstream.seen).toHaveLength(1);
    },
  );

  it("has jitter: up to twice the pause, so that many checks do not come back together", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    upstream.answer(answer(503, {}));
    const startedAt = performance.now();
    await check("openai", undefined, { firstPauseMs: 100 });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1.95 * (100 + 300));
  });

  it("ends when the caller goes away", async () => {
    upstream.answer(answer(503, {}, { "retry-after": "5" }));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const startedAt = performance.now();
    expect(await check("openai", undefined, { ...quick, signal: abort.signal })).toMatchObject({ status: "unchecked" });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it("never lasts longer than the whole check may", async () => {
    upstream.answer(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return new Response("{}", { status: 503 });
    });
    const startedAt = performance.now();
    expect(await check("openai", undefined, { firstPauseMs: 100, totalMs: 500 })).toMatchObject({
      status: "unchecked",
    });
    expect(performance.now() - startedAt).toBeLessThan(900);
  });
});

describe("where the operator has put a gateway in a provider's place", () => {
  it("a key with another provider's first letters is shown to it, and valid if it says so", async () => {
    setTestEnv({ ...realAddresses, OPENAI_BASE_URL: "https://gateway.example/v1" });
    upstream.answer(answer(200, good.openai));
    expect(await check("openai", keyOf.openrouter())).toMatchObject({ status: "valid" });
    expect(upstream.seen[0]?.url).toBe("https://gateway.example/v1/models");
    upstream.answer(answer(401, openAiError("invalid_api_key")));
    expect(await check("openai", keyOf.anthropic())).toMatchObject({ status: "invalid", looksLike: "anthropic" });
    setTestEnv(realAddresses);
  });
});
