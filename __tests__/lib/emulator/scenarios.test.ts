import { describe, expect, it } from "vitest";
import { chunksOf, errorOf, testEmulator, textOfChunks } from "@/__tests__/support/emulator";
import { scenarioNames } from "@/lib/emulator/scenarios";

const standIn = testEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, tokens: 20 } });
const { api, chat, post } = standIn;
const newKey = () => standIn.emulator.createKey().key;

type Outcome = { status: number; message?: string; metadata?: unknown; retryAfter?: string | null };
const KEY_LIMIT = "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys";
const NO_CREDIT = "Insufficient credits. Add more using https://openrouter.ai/credits";

const refusals: Record<string, Outcome> = {
  "status-400": { status: 400, metadata: { error_type: "invalid_request" } },
  "status-401": { status: 401, message: "User not found.", metadata: { error_type: "authentication" } },
  "status-402": { status: 402, metadata: { error_type: "payment_required" } },
  "status-403": { status: 403, metadata: { error_type: "permission_denied" } },
  "status-404": { status: 404, metadata: { error_type: "not_found" } },
  "status-408": { status: 408, metadata: { error_type: "timeout" } },
  "status-412": { status: 412, metadata: { error_type: "precondition_failed" } },
  "status-413": { status: 413, metadata: { error_type: "payload_too_large" } },
  "status-422": { status: 422, metadata: { error_type: "unprocessable" } },
  "status-429": { status: 429, metadata: { error_type: "rate_limit_exceeded" }, retryAfter: "2" },
  "status-500": { status: 500, message: "Internal Server Error", metadata: { error_type: "server" } },
  "status-502": { status: 502, metadata: { error_type: "provider_unavailable" } },
  "status-503": { status: 503, metadata: { error_type: "provider_overloaded" }, retryAfter: "2" },
  "status-504": { status: 504, metadata: { error_type: "timeout" } },
  "status-524": { status: 524, metadata: { error_type: "timeout" } },
  "status-529": { status: 529, metadata: { error_type: "provider_overloaded" } },
  "invalid-model": { status: 400, message: "scenario/invalid-model is not a valid model ID" },
  "context-length": { status: 400, metadata: { error_type: "context_length_exceeded" } },
  "missing-auth": { status: 401, message: "Missing Authentication header" },
  "no-auth": { status: 401, message: "No auth credentials found" },
  "key-invalid": { status: 401, message: "User not found." },
  "no-credit": { status: 402, message: NO_CREDIT },
  "credit-too-low": { status: 402, metadata: { provider_name: null } },
  "in-flight-budget": { status: 402, metadata: { limit_source: "openrouter_in_flight_budget" }, retryAfter: "1" },
  "key-limit": { status: 403, message: KEY_LIMIT },
  "key-limit-402": { status: 402, message: KEY_LIMIT },
  "key-limit-budget": { status: 403, message: "Budget limit exceeded" },
  moderation: { status: 403, metadata: expect.objectContaining({ reasons: ["violence"], provider_name: "OpenAI" }) },
  guardrail: { status: 403, metadata: { patterns: ["internal-*"] } },
  "region-restricted": { status: 403 },
  "no-endpoints": { status: 404 },
  "model-deprecated": { status: 404 },
  "temporarily-unavailable": { status: 503 },
  "free-tier": { status: 429 },
  "provider-429": {
    status: 429,
    message: "Provider returned error",
    metadata: { raw: expect.any(String), provider_name: "Chutes" },
  },
  "provider-502": {
    status: 502,
    message: "Provider returned error",
    metadata: { raw: expect.any(String), provider_name: "DeepInfra" },
  },
  "error-200": { status: 200, message: "Provider returned error" },
};

describe("a model id that names a scenario ends in it", () => {
  it.each(Object.entries(refusals))("%s", async (name, { status, message, metadata, retryAfter = null }) => {
    const response = await chat(newKey(), { model: `scenario/${name}` });
    const error = await errorOf(response);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    if (status !== 200) expect(error.code).toBe(status);
    if (message) expect(error.message).toBe(message);
    if (metadata) expect(error.metadata).toEqual(metadata);
  });

  it("availability errors name the model and the code", async () => {
    const { availability, error_type: type } = await errorOf(
      await chat(newKey(), { model: "scenario/model-deprecated" }),
    );
    expect(availability).toMatchObject({ code: "model_deprecated", requested_models: ["scenario/model-deprecated"] });
    expect(type).toBe("not_found");
  });

  it("free-tier tells limit and reset in the body and as headers", async () => {
    const response = await chat(newKey(), { model: "scenario/free-tier" });
    const { metadata } = await errorOf(response);
    const reset = Number(response.headers.get("x-ratelimit-reset"));
    expect(metadata.headers["X-RateLimit-Reset"]).toBe(String(reset));
    expect(reset).toBeGreaterThan(Date.now());
    expect(reset % 86_400_000).toBe(0);
  });

  it.each([
    ["html", 200, "text/html"],
    ["html-502", 502, "text/html"],
    ["empty-json", 200, "application/json"],
    ["no-json", 200, "application/json"],
    ["redirect", 302, "text/plain"],
  ])("%s: an answer that is none", async (name, status, type) => {
    const response = await chat(newKey(), { model: `scenario/${name}` });
    expect([response.status, response.headers.get("content-type")?.split(";")[0]]).toEqual([status, type]);
    if (name === "no-json") await expect(response.json()).rejects.toThrow();
  });

  it("hang: nothing, until the caller leaves", async () => {
    const signal = AbortSignal.timeout(100);
    await expect(chat(newKey(), { model: "scenario/hang" }, { signal })).rejects.toThrow(/timeout|aborted/);
  });

  it("reset: the connection breaks", async () => {
    await expect(chat(newKey(), { model: "scenario/reset" })).rejects.toThrow("fetch failed");
    expect(standIn.emulator.requests().at(-1)?.aborted).toBe(false);
  });
});

describe("faults in a stream", () => {
  const read = async (name: string) => {
    const key = newKey();
    const text = await (await chat(key, { model: `scenario/${name}` })).text();
    return { key, text };
  };

  it("cut-stream: five tokens, no finish, no usage, no terminator; the part is billed", async () => {
    const { key, text } = await read("cut-stream");
    const chunks = chunksOf(text);
    expect(chunks.filter((chunk) => chunk.choices[0].delta.content)).toHaveLength(5);
    expect(text).not.toContain("[DONE]");
    expect(chunks.some((chunk) => chunk.choices[0].finish_reason)).toBe(false);
    expect((await (await api("/key", { key })).json()).data.usage).toBeGreaterThan(0);
  });

  it("reset-mid-stream: the text so far, then a broken connection", async () => {
    const response = await chat(newKey(), { model: "scenario/reset-mid-stream" });
    await expect(response.text()).rejects.toThrow("terminated");
  });

  it.each([
    ["mid-stream-error", 502, 5],
    ["mid-stream-error-string", "server_error", 5],
    ["error-first-chunk", 429, 0],
  ])("%s: HTTP stays 200, a chunk carries the error, then the end", async (name, code, tokens) => {
    const { text } = await read(name);
    const chunks = chunksOf(text);
    expect(chunks.filter((chunk) => chunk.choices[0].delta.content)).toHaveLength(tokens);
    expect(chunks.at(-1)).toMatchObject({
      error: { code },
      choices: [{ finish_reason: "error", delta: { content: "" } }],
    });
    expect(text).not.toContain("[DONE]");
  });

  it("malformed-chunk: one chunk is no JSON, the others go on to the end", async () => {
    const { text } = await read("malformed-chunk");
    const events = text.split("\n\n").filter((event) => event.startsWith("data: {"));
    const broken = events.filter((event) => {
      try {
        return !JSON.parse(event.slice(6));
      } catch {
        return true;
      }
    });
    expect(broken).toHaveLength(1);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it.each([
    ["hang-mid-stream", 5],
    ["hang-after-head", 0],
  ])("%s: silence after %s tokens", async (name, tokens) => {
    const controller = new AbortController();
    const response = await chat(newKey(), { model: `scenario/${name}` }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 150);
    const parts: string[] = [];
    const decoder = new TextDecoder();
    await expect(
      (async () => {
        for await (const part of response.body ?? []) parts.push(decoder.decode(part, { stream: true }));
      })(),
    ).rejects.toThrow(/abort/);
    expect(chunksOf(parts.join("")).filter((chunk) => chunk.choices[0].delta.content)).toHaveLength(tokens);
  });

  it("slow-first-token: the head and a comment come, the text takes its time", async () => {
    const controller = new AbortController();
    const response = await chat(newKey(), { model: "scenario/slow-first-token" }, { signal: controller.signal });
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(": OPENROUTER PROCESSING\n\n");
    setTimeout(() => controller.abort(), 100);
    await expect(reader?.read()).rejects.toThrow(/abort/);
  });

  it("as-fast-as-possible takes no time", async () => {
    standIn.emulator.set({ firstTokenMs: 5_000 });
    const { text } = await read("as-fast-as-possible");
    expect(chunksOf(text)).toHaveLength(23);
  });

  it.each([
    ["finish-error", "error"],
    ["content-filter", "content_filter"],
  ])("%s: the finish reason says so", async (name, reason) => {
    expect(chunksOf((await read(name)).text).at(-2).choices[0].finish_reason).toBe(reason);
  });

  it("usage in the forms that trip strict readers", async () => {
    const last = async (name: string) => chunksOf((await read(name)).text).at(-1);
    expect((await last("cost-null")).usage.cost).toBeNull();
    expect((await last("empty-choices")).choices).toEqual([]);
    expect((await last("usage-null-details")).usage.prompt_tokens_details).toBeNull();
    expect((await last("usage-missing-details")).usage.completion_tokens_details).toEqual({});
    expect((await last("no-usage")).usage).toBeUndefined();
    expect((await read("no-done")).text).not.toContain("[DONE]");
  });

  it("an unstreamed call meets them too", async () => {
    const call = (name: string) => chat(newKey(), { model: `scenario/${name}`, stream: false });
    const failed = await call("mid-stream-error");
    expect(failed.status).toBe(200);
    expect((await failed.json()).choices[0]).toMatchObject({ finish_reason: "error", error: { code: 502 } });
    await expect(call("reset-mid-stream")).rejects.toThrow("fetch failed");
    expect((await (await call("cost-null")).json()).usage.cost).toBeNull();
    expect((await (await call("no-usage")).json()).usage).toBeUndefined();
  });
});

it("every named scenario is tried above or at the exchange", () => {
  const tried = [
    ...Object.keys(refusals),
    ...["html", "html-502", "empty-json", "no-json", "redirect", "hang", "reset", "huge-body", "cut-stream"],
    ...["reset-mid-stream", "mid-stream-error", "mid-stream-error-string", "error-first-chunk", "malformed-chunk"],
    ...["hang-mid-stream", "hang-after-head", "slow-first-token", "as-fast-as-possible", "finish-error"],
    ...[
      "content-filter",
      "cost-null",
      "empty-choices",
      "usage-null-details",
      "usage-missing-details",
      "no-usage",
      "no-done",
    ],
  ];
  expect([...scenarioNames].sort()).toEqual(tried.sort());
});

describe("rules choose calls", () => {
  it("for a number of calls, oldest first, then things are ordinary again", async () => {
    standIn.emulator.addScenario({ scenario: "status-503", times: 2 });
    standIn.emulator.addScenario({ scenario: "no-credit", times: 1 });
    const key = newKey();
    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await chat(key)).status);
    expect(statuses).toEqual([503, 503, 402, 200]);
  });

  it("by model, with wildcards, and by key", async () => {
    const { key, hash } = standIn.emulator.createKey();
    standIn.emulator.addScenario({ match: { model: "anthropic/*", keyHash: hash }, scenario: "status-529" });
    const model = "anthropic/claude-haiku-4.5";
    expect((await chat(key, { model })).status).toBe(529);
    expect((await chat(newKey(), { model })).status).toBe(200);
    expect((await chat(key)).status).toBe(200);
  });

  it("by path: a call of another path is left alone", async () => {
    const key = newKey();
    standIn.emulator.addScenario({ match: { path: "/key" }, scenario: "status-500" });
    standIn.emulator.addScenario({ match: { path: "/models*" }, scenario: "html" });
    expect((await api("/key", { key })).status).toBe(500);
    expect((await chat(key)).status).toBe(200);
    expect((await api("/models/user", { key })).headers.get("content-type")).toContain("text/html");
  });

  it("by a header, or by a suffix to a real model's id", async () => {
    const headers = { "x-emulator-scenario": "moderation" };
    expect((await chat(newKey(), {}, { headers })).status).toBe(403);
    const chunks = chunksOf(await (await chat(newKey(), { model: "openai/gpt-4o:scenario-empty-choices" })).text());
    expect(chunks.at(-1)).toMatchObject({ model: "openai/gpt-4o", choices: [] });
  });

  it("with an answer written out", async () => {
    standIn.emulator.addScenario({
      times: 1,
      scenario: {
        status: 418,
        body: { error: { code: 418, message: "teapot" } },
        headers: { "Retry-After": "9" },
        delayMs: 50,
      },
    });
    const start = performance.now();
    const response = await chat(newKey());
    expect(performance.now() - start).toBeGreaterThan(45);
    expect([response.status, response.headers.get("retry-after")]).toEqual([418, "9"]);
    standIn.emulator.addScenario({ times: 1, scenario: { text: "Just this.", cutAfter: 1 } });
    expect(textOfChunks(chunksOf(await (await chat(newKey())).text()))).toBe("Just");
  });
});

describe("the exchange and the key check can fail in every way", () => {
  const exchange = (signal?: AbortSignal) => post("/auth/keys", { code: "x" }, { signal });

  it("hang, reset, HTML, 5 MB, no key, a redirect", async () => {
    for (const name of ["hang", "reset", "html", "huge-body", "empty-json", "redirect"]) {
      standIn.emulator.addScenario({ scenario: `exchange-${name}`, times: 1 });
    }
    await expect(exchange(AbortSignal.timeout(50))).rejects.toThrow(/timeout|aborted/);
    await expect(exchange()).rejects.toThrow("fetch failed");
    expect((await exchange()).headers.get("content-type")).toContain("text/html");
    expect((await (await exchange()).text()).length).toBeGreaterThan(5 * 1024 * 1024);
    expect(await (await exchange()).json()).toEqual({});
    expect((await exchange()).headers.get("location")).toBe("https://elsewhere.invalid/");
    expect((await exchange()).status).toBe(403);
  });

  it("key-info-… does the same for GET /key only", async () => {
    standIn.emulator.addScenario({ scenario: "key-info-status-429", times: 1 });
    const key = newKey();
    expect((await chat(key)).status).toBe(200);
    expect((await api("/key", { key })).status).toBe(429);
    expect((await api("/key", { key })).status).toBe(200);
  });
});
