import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { OpenRouter } from "@openrouter/sdk";
import { APICallError, streamText } from "ai";
import { describe, expect, it } from "vitest";
import { MODEL, testEmulator, until } from "@/__tests__/support/emulator";

const standIn = testEmulator();
const noRetry = { retries: { strategy: "none" as const } };
const sdkFor = (apiKey?: string) => new OpenRouter({ apiKey, serverURL: `${standIn.url}/api/v1` });

describe("OpenRouter's own SDK", () => {
  it("connects by PKCE: authorize URL, consent, exchange, key info", async () => {
    const sdk = sdkFor();
    const { codeChallenge, codeVerifier } = await sdk.oAuth.createSHA256CodeChallenge();
    const authorizeUrl = await sdk.oAuth.createAuthorizationUrl({
      callbackUrl: "http://localhost:3000/callback?state=xyz",
      codeChallenge,
      codeChallengeMethod: "S256",
      limit: 3,
    });
    const back = new URL(await standIn.emulator.decide(authorizeUrl, "allow"));
    expect(back.searchParams.get("state")).toBe("xyz");
    const { key, userId } = await sdk.oAuth.exchangeAuthCodeForAPIKey({
      requestBody: { code: back.searchParams.get("code") ?? "", codeVerifier, codeChallengeMethod: "S256" },
    });
    const { data } = await sdkFor(key).apiKeys.getCurrentKeyMetadata();
    expect(data).toMatchObject({ limit: 3, limitRemaining: 3, creatorUserId: userId, isManagementKey: false });
  });

  it("reads models, credits and a generation", async () => {
    const sdk = sdkFor(standIn.emulator.createKey({ management: true, credit: 5 }).key);
    expect((await sdk.models.count({})).data.count).toBeGreaterThanOrEqual(40);
    expect((await sdk.credits.getCredits()).data).toEqual({ totalCredits: 5, totalUsage: 0 });
    const { key } = standIn.emulator.createKey();
    const chat = await sdkFor(key).chat.send({
      chatRequest: { model: MODEL, messages: [{ role: "user", content: "Hi?" }] },
    });
    if (!("choices" in chat)) throw new Error("A whole answer was expected.");
    expect(chat.choices[0]?.message.content).toContain("“Hi?”");
    const { data } = await sdkFor(key).generations.getGeneration({ id: chat.id });
    expect(data).toMatchObject({ model: MODEL, totalCost: chat.usage?.cost, cancelled: false });
  });

  it("reads the whole model list", async () => {
    const { result } = await sdkFor().models.list({});
    expect(result.data.map((model) => model.id)).toContain("openrouter/auto");
    expect(result.totalCount).toBe(result.data.length);
  });

  it("streams", async () => {
    const sdk = sdkFor(standIn.emulator.createKey().key);
    const stream = await sdk.chat.send({
      chatRequest: { model: MODEL, messages: [{ role: "user", content: "Größe?" }], stream: true },
    });
    if (!(Symbol.asyncIterator in stream)) throw new Error("A stream was expected.");
    let text = "";
    let cost: number | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      cost = chunk.usage?.cost ?? cost;
    }
    expect(text).toContain("“Größe?”");
    expect(cost).toBeGreaterThan(0);
  });

  it.each([
    ["no-credit", "PaymentRequiredResponseError"],
    ["key-limit", "ForbiddenResponseError"],
    ["status-429", "TooManyRequestsResponseError"],
    ["provider-502", "BadGatewayResponseError"],
  ])("knows %s as its own %s", async (name, error) => {
    const sdk = sdkFor(standIn.emulator.createKey().key);
    const chatRequest = { model: `scenario/${name}`, messages: [{ role: "user" as const, content: "x" }] };
    await expect(sdk.chat.send({ chatRequest }, noRetry)).rejects.toMatchObject({ name: error });
  });

  it("knows an unknown key", async () => {
    const sdk = sdkFor(`sk-or-v1-${"0".repeat(64)}`);
    await expect(sdk.apiKeys.getCurrentKeyMetadata()).rejects.toMatchObject({ name: "UnauthorizedResponseError" });
  });
});

describe("the AI SDK with OpenRouter's provider", () => {
  function stream({
    model = MODEL,
    signal,
    key = standIn.emulator.createKey().key,
  }: {
    model?: string;
    signal?: AbortSignal;
    key?: string;
  } = {}) {
    const errors: unknown[] = [];
    const openrouter = createOpenRouter({ apiKey: key, baseURL: `${standIn.url}/api/v1`, appName: "Chatelaine" });
    const result = streamText({
      model: openrouter(model),
      instructions: "Be brief.",
      messages: [{ role: "user", content: "Größe?" }],
      maxRetries: 0,
      abortSignal: signal,
      onError: ({ error }) => {
        errors.push(error);
      },
    });
    return { result, errors };
  }

  it("gets the text, the usage with its cost, the provider and the generation id", async () => {
    const { result, errors } = stream();
    expect(await result.text).toContain("“Größe?”");
    const { providerMetadata, response, finishReason } = await result.finalStep;
    expect(finishReason).toBe("stop");
    expect(providerMetadata?.openrouter).toMatchObject({ provider: "OpenAI", usage: { cost: expect.any(Number) } });
    expect(response.id).toMatch(/^gen-/);
    expect(response.headers?.["x-generation-id"]).toBe(response.id);
    expect(errors).toEqual([]);
    expect(standIn.emulator.requests().at(-1)?.attribution["x-openrouter-title"]).toBe("Chatelaine");
  });

  it("gets reasoning", async () => {
    const { result } = stream({ model: "openai/gpt-5-mini" });
    expect(await result.reasoningText).toContain("The user wants something practical.");
  });

  it.each([
    ["key-invalid", 401],
    ["no-credit", 402],
    ["key-limit", 403],
    ["provider-429", 429],
    ["html-502", 502],
  ])("meets %s as an API call error before the stream", async (name, statusCode) => {
    const { result, errors } = stream({ model: `scenario/${name}` });
    await result.consumeStream({ onError: () => {} });
    expect(errors).toHaveLength(1);
    expect(APICallError.isInstance(errors[0]) && errors[0].statusCode).toBe(statusCode);
  });

  it.each([
    ["mid-stream-error", "error", 1],
    ["cost-null", "error", 1],
    ["malformed-chunk", "stop", 1],
    ["cut-stream", "other", 0],
    ["error-200", "other", 0],
    ["empty-choices", "stop", 0],
    ["no-usage", "stop", 0],
    ["no-done", "stop", 0],
  ])("meets %s as openrouter-wire.md says: finish reason %s, %i errors", async (name, reason, count) => {
    const { result, errors } = stream({ model: `scenario/${name}` });
    const reasons: string[] = [];
    for await (const part of result.stream) if (part.type === "finish") reasons.push(part.finishReason);
    expect(reasons).toEqual([reason]);
    expect(errors).toHaveLength(count);
  });

  it("aborts: the stand-in sees it within a fifth of a second", async () => {
    standIn.emulator.set({ tokenMs: 5, tokens: 10_000 });
    const before = standIn.emulator.streams().aborted;
    const controller = new AbortController();
    const { result } = stream({ signal: controller.signal });
    const reader = result.textStream.getReader();
    await reader.read();
    controller.abort();
    expect(await until(() => standIn.emulator.streams().aborted === before + 1)).toBeLessThan(200);
    expect(standIn.emulator.requests().at(-1)?.aborted).toBe(true);
  });
});
