import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import type { JSONObject } from "@ai-sdk/provider";
import { createXai } from "@ai-sdk/xai";
import { APICallError, generateText, type LanguageModel, streamText } from "ai";
import { describe, expect, it } from "vitest";
import { keyDoors, testEmulator, until } from "@/__tests__/support/emulator";
import type { ProviderName } from "@/lib/emulator/providers/provider-keys";

const standIn = testEmulator();
const { control } = standIn;

type Case = {
  provider: ProviderName;
  api: string;
  id: string;
  model(apiKey: string, id?: string): LanguageModel;
  /** What makes it think aloud; undefined: it never does. */
  thinking?: Record<string, JSONObject>;
};

const cases: Case[] = [
  {
    provider: "openai",
    api: "responses",
    id: "gpt-5-mini",
    model: (apiKey, id = "gpt-5-mini") => createOpenAI({ apiKey, baseURL: standIn.baseUrl("openai") })(id),
    thinking: { openai: { reasoningEffort: "low", reasoningSummary: "auto" } },
  },
  {
    provider: "openai",
    api: "chat",
    id: "gpt-4o-mini",
    model: (apiKey, id = "gpt-4o-mini") => createOpenAI({ apiKey, baseURL: standIn.baseUrl("openai") }).chat(id),
  },
  {
    provider: "anthropic",
    api: "messages",
    id: "claude-haiku-4-5",
    model: (apiKey, id = "claude-haiku-4-5") => createAnthropic({ apiKey, baseURL: standIn.baseUrl("anthropic") })(id),
    thinking: { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } },
  },
  {
    provider: "google",
    api: "generateContent",
    id: "gemini-2.5-flash",
    model: (apiKey, id = "gemini-2.5-flash") => createGoogle({ apiKey, baseURL: standIn.baseUrl("google") })(id),
    thinking: { google: { thinkingConfig: { includeThoughts: true } } },
  },
  {
    provider: "xai",
    api: "responses",
    id: "grok-4",
    model: (apiKey, id = "grok-4") => createXai({ apiKey, baseURL: standIn.baseUrl("xai") })(id),
    thinking: {},
  },
];

const PROMPT = "Größe, bitte? 🙂";
const noRetry = { maxRetries: 0, onError: () => {} };

describe.each(cases)("$provider's AI SDK package over $api", ({ provider, id, model, thinking }) => {
  const newKey = (state?: Parameters<typeof standIn.createProviderKey>[1]) =>
    standIn.createProviderKey(provider, state).key;

  it("reads a stream: text, usage and finish, through characters cut between network chunks", async () => {
    const result = streamText({ model: model(newKey()), prompt: PROMPT, ...noRetry });
    const text = await result.text;
    expect(text).toContain(`“${PROMPT}”`);
    expect(text).toMatch(/🙂$/);
    expect(await result.finishReason).toBe("stop");
    const usage = await result.usage;
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(50);
    expect((await result.response).modelId).toContain(id);
  });

  it("reads an answer that is not streamed", async () => {
    const { text, usage, finishReason } = await generateText({ model: model(newKey()), prompt: PROMPT, maxRetries: 0 });
    expect(text).toContain(`“${PROMPT}”`);
    expect(finishReason).toBe("stop");
    expect(usage.outputTokens).toBeGreaterThan(50);
  });

  if (thinking) {
    it("reads thoughts before the text, and counts them", async () => {
      const result = streamText({ model: model(newKey()), prompt: "Why?", providerOptions: thinking, ...noRetry });
      expect(await result.reasoningText).toContain("three points that matter");
      expect(await result.text).toContain("“Why?”");
      const { outputTokenDetails } = await result.usage;
      expect(outputTokenDetails.reasoningTokens).toBeGreaterThan(10);
    });
  }

  it("is cut off at the longest answer asked for", async () => {
    const result = streamText({ model: model(newKey()), prompt: "Why?", maxOutputTokens: 20, ...noRetry });
    await result.text;
    expect(await result.finishReason).toBe("length");
  });

  it.each([
    ["revoked", provider === "xai" || provider === "google" ? 400 : 401],
    ["listing_only", 403],
    ["no_credit", { openai: 429, anthropic: 402, google: 429, xai: 403 }[provider]],
    ["blocked", provider === "openai" ? 401 : 403],
  ] as const)("meets a key that is %s as a refusal with status %i", async (state, status) => {
    const failed = generateText({ model: model(newKey(state)), prompt: "Why?", maxRetries: 0 });
    const error = await failed.catch((reason: unknown) => reason);
    if (!APICallError.isInstance(error)) throw new Error("A refusal was expected.");
    expect(error.statusCode).toBe(status);
    expect(error.data, "the package could not read the body").toBeDefined();
  });

  it("meets a model that does not exist as 404", async () => {
    const failed = generateText({ model: model(newKey(), "no-such-model"), prompt: "Why?", maxRetries: 0 });
    await expect(failed).rejects.toMatchObject({ statusCode: 404 });
  });

  it("meets a scenario that the model id names, or that a rule has for the model", async () => {
    const failed = generateText({ model: model(newKey(), `${id}:scenario-status-429`), prompt: "Why?", maxRetries: 0 });
    await expect(failed).rejects.toMatchObject({ statusCode: 429, responseHeaders: { "retry-after": "2" } });
    standIn.emulator.addScenario({ scenario: `${provider}-status-500`, match: { model: `${id}*` } });
    const ruled = generateText({ model: model(newKey()), prompt: "Why?", maxRetries: 0 });
    await expect(ruled).rejects.toMatchObject({ statusCode: 500 });
  });

  it("ends early without a word when the stream is cut", async () => {
    standIn.emulator.addScenario({ scenario: `${provider}-cut-stream` });
    const result = streamText({ model: model(newKey()), prompt: "Why?", ...noRetry });
    let words = 0;
    let finish: string | undefined;
    for await (const part of result.stream) {
      if (part.type === "text-delta") words += 1;
      if (part.type === "finish") finish = part.finishReason;
    }
    expect(words).toBeGreaterThan(0);
    expect(finish).not.toBe("stop");
  });

  it.each(["mid-stream-error", "reset-mid-stream"])("meets %s after the first words as an error", async (scenario) => {
    standIn.emulator.addScenario({ scenario: `${provider}-${scenario}` });
    const errors: unknown[] = [];
    const result = streamText({ model: model(newKey()), prompt: "Why?", ...noRetry });
    let text = "";
    try {
      for await (const part of result.stream) {
        if (part.type === "text-delta") text += part.text;
        if (part.type === "error") errors.push(part.error);
      }
    } catch (error) {
      errors.push(error); // a broken connection comes as an exception
    }
    expect(text).not.toBe("");
    expect(errors).toHaveLength(1);
  });

  it("is noticed when it stops reading", async () => {
    await control("DELETE", "/streams");
    await control("POST", "/settings", { tokenMs: 20 });
    const abort = new AbortController();
    const result = streamText({ model: model(newKey()), prompt: "Why?", abortSignal: abort.signal, ...noRetry });
    for await (const part of result.stream) {
      if (part.type === "text-delta") abort.abort();
    }
    await until(() => standIn.emulator.streams().open === 0);
    expect(standIn.emulator.streams().aborted).toBe(1);
  });

  it("sends the key in one header of its own provider, and nowhere else (S59)", async () => {
    const key = newKey();
    await generateText({ model: model(key), prompt: "Why?", maxRetries: 0 });
    standIn.expectKeyOnlyAt(key, keyDoors[provider]);
    expect(JSON.stringify(standIn.emulator.requests())).not.toContain(key.slice(8, -4));
  });

  it("draws on the key's credit until there is none", async () => {
    const { key, hash } = standIn.createProviderKey(provider, "active", { credit: 0.000_001 });
    await generateText({ model: model(key), prompt: "Why?", maxRetries: 0 });
    const { items } = await (await control("GET", "/provider-keys")).json();
    expect(items.find((item: { hash: string }) => item.hash === hash)).toMatchObject({ state: "no_credit" });
    await expect(generateText({ model: model(key), prompt: "Why?", maxRetries: 0 })).rejects.toThrow();
  });
});
