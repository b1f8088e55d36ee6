import { describe, expect, it } from "vitest";
import { callOptions, NO_CHOICES } from "@/lib/chat/options";

const all = { privacy: "zero_retention", reasoningEffort: "high", webSearch: true } as const;

it("nothing is asked where nothing was chosen", () => {
  expect(callOptions({ provider: "openrouter", model: "openai/gpt-5" }, NO_CHOICES)).toEqual({});
  expect(callOptions({ provider: "openai", model: "gpt-5" }, NO_CHOICES)).toEqual({});
});

it("OpenRouter is told in its own words", () => {
  const ask = (choices: Partial<typeof NO_CHOICES>) =>
    callOptions({ provider: "openrouter", model: "openai/gpt-5" }, { ...NO_CHOICES, ...choices }).openrouter;
  expect(ask({ privacy: "no_training" })).toEqual({ provider: { data_collection: "deny" } });
  expect(ask(all)).toEqual({
    provider: { data_collection: "deny", zdr: true },
    reasoning: { effort: "high" },
    plugins: [{ id: "web" }],
  });
});

describe("other providers are asked only for what the model can do, and never for OpenRouter's routing", () => {
  it.each([
    ["openai", "gpt-5", "high", "openai.web_search"],
    ["openai", "gpt-4o", undefined, "openai.web_search"],
    ["openai", "gpt-3.5-turbo", undefined, undefined],
    ["anthropic", "claude-sonnet-4-5", "high", "anthropic.web_search_20250305"],
    ["anthropic", "claude-3-haiku-20240307", undefined, undefined],
    ["google", "gemini-2.5-pro", "high", "google.google_search"],
    ["google", "gemma-3-27b-it", undefined, undefined],
    ["xai", "grok-3", undefined, undefined],
    ["xai", "grok-4-fast-reasoning", "high", "xai.web_search"],
  ] as const)("%s %s", (provider, model, reasoning, tool) => {
    const options = callOptions({ provider, model }, all);
    expect(options.openrouter).toBeUndefined();
    expect(options.reasoning).toBe(reasoning);
    expect(options.tools?.map((one) => one.type === "provider" && one.id)).toEqual(tool && [tool]);
  });
});
