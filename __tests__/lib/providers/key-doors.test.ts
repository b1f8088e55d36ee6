import { streamText } from "ai";
import { beforeAll, describe, expect, it } from "vitest";
import { keyDoors, testEmulator } from "@/__tests__/support/emulator";
import { setTestEnv } from "@/__tests__/support/env";
import { PROVIDERS, type ProviderKeyState, type ProviderName } from "@/lib/emulator/providers/provider-keys";
import { checkKey } from "@/lib/providers/check-key";
import { directModel } from "@/lib/providers/direct-model";
import { readModels } from "@/lib/providers/read-models";

const standIn = testEmulator();
beforeAll(() => {
  setTestEnv(standIn.settings);
});
/** Without pauses: what is proved here is where the key goes, not when. */
const atOnce = { firstPauseMs: 0 };
const MODELS: Record<ProviderName, string> = {
  openai: "gpt-5-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-2.5-flash",
  xai: "grok-4-fast",
};

async function answerOf(provider: ProviderName, apiKey: string) {
  const { model, providerOptions } = await directModel({ provider, apiKey, model: MODELS[provider] });
  const result = streamText({ model, providerOptions, prompt: "Why?", maxRetries: 0, onError: () => {} });
  return { text: await result.text, usage: await result.usage };
}

describe.each(PROVIDERS)("a key of %s", (provider) => {
  it("checks, lists and chats at its own provider in its one header, and goes nowhere else (S59)", async () => {
    const { key: apiKey } = standIn.createProviderKey(provider);
    expect(await checkKey({ provider, apiKey })).toMatchObject({ status: "valid", keyState: "active" });
    const models = await readModels({ provider, apiKey });
    expect(models?.map(({ model }) => model)).toContain(MODELS[provider]);
    expect(models?.map(({ model }) => model).join()).not.toMatch(/embedding|whisper|image|moderation/);
    const { text, usage } = await answerOf(provider, apiKey);
    expect(text).toContain("“Why?”");
    expect(usage.outputTokens).toBeGreaterThan(50);
    expect(standIn.placesOf(apiKey)).toHaveLength(3);
    standIn.expectKeyOnlyAt(apiKey, keyDoors[provider]);
  });

  it("does not follow a redirect to another host (S59)", async () => {
    const { key: apiKey } = standIn.createProviderKey(provider);
    const other = PROVIDERS.find((name) => name !== provider) ?? "openai";
    standIn.emulator.addScenario({
      match: { path: `${keyDoors[provider].base}/*` },
      scenario: { status: 307, body: "", headers: { Location: `${standIn.baseUrl(other)}/models` } },
    });
    expect((await checkKey({ provider, apiKey }, atOnce)).status).toBe("unchecked");
    expect(await readModels({ provider, apiKey }, atOnce)).toBeUndefined();
    await expect(answerOf(provider, apiKey)).rejects.toThrow();
    standIn.expectKeyOnlyAt(apiKey, keyDoors[provider]);
  });

  it.each<[ProviderKeyState, string]>([
    ["revoked", "invalid"],
    ["restricted", "restricted"],
    ["blocked", "invalid"],
  ])("that is %s is told apart", async (state, status) => {
    const { key: apiKey } = standIn.createProviderKey(provider, state);
    const result = await checkKey({ provider, apiKey }, atOnce);
    expect(result.status).toBe(status);
    expect(JSON.stringify(result)).not.toContain(apiKey.slice(-4));
  });

  const troubles = ["status-429", "status-500", "status-503", "html", "html-502", "no-json", "reset", "redirect"];
  if (provider !== "google") troubles.push("empty-json"); // there it is a list without models
  it.each(troubles)("is never called invalid because of %s", async (scenario) => {
    const { key: apiKey } = standIn.createProviderKey(provider);
    standIn.emulator.addScenario({ scenario: `${provider}-${scenario}` });
    const result = await checkKey({ provider, apiKey }, { ...atOnce, totalMs: 500 });
    expect(result.status).toBe("unchecked");
    expect(result.keyState).toBeUndefined();
  });
});

it.each([
  ["openai", "admin"],
  ["anthropic", "admin"],
  ["anthropic", "oauth"],
] as const)("a key of %s of the kind %s is named as the wrong kind, never as good", async (provider, kind) => {
  const { key: apiKey } = standIn.createProviderKey(provider, "active", { kind });
  expect((await checkKey({ provider, apiKey }, atOnce)).status).toBe("wrong_kind");
});
