import { describe, expect, it } from "vitest";
import { estimateCost, PRICES_AS_OF, priceOf } from "@/lib/models/prices";

const tokens = { input: 1000, cacheRead: 0, cacheWrite: 0, output: 500 };

describe("an answer's cost by the list", () => {
  it.each([
    ["openai", "gpt-4o-mini", tokens, "0.00045"],
    ["openai", "gpt-4o-mini-2024-07-18", tokens, "0.00045"],
    ["openai", "gpt-5-mini", tokens, "0.00125"],
    ["openai", "gpt-5", { ...tokens, cacheRead: 400 }, "0.0058"], // 600 × 1.25 + 400 × 0.125 + 500 × 10
    ["anthropic", "claude-haiku-4-5-20251001", tokens, "0.0035"],
    ["anthropic", "claude-opus-4-5", { input: 1000, cacheRead: 100, cacheWrite: 200, output: 0 }, "0.0048"],
    ["google", "gemini-2.5-flash-001", tokens, "0.00155"],
    ["google", "gemini-2.5-flash-lite", { input: 1, cacheRead: 0, cacheWrite: 0, output: 0 }, "0.0000001"],
    ["openai", "gpt-4o-mini", { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }, "0"],
  ] as const)("%s:%s, %j: %s USD, to the last digit", (provider, model, counts, usd) => {
    expect(estimateCost(provider, model, counts)).toBe(usd);
  });

  it.each([
    ["openai", "gpt-5-pro", "another model that begins alike"],
    ["openai", "gpt-5-codex", "another model that begins alike"],
    ["openai", "gpt-4o-audio-preview", "another model that begins alike"],
    ["openai", "gpt-99", "a model of tomorrow"],
    ["anthropic", "claude-3-haiku-20240307", "a model that is not listed"],
    ["google", "gemini-2.5-flash-image", "another model that begins alike"],
    ["openai", "", "nothing"],
    ["openai", "constructor", "a word of the language"],
    ["openrouter", "gpt-4o-mini", "a provider that reports its cost"],
    ["xai", "grok-4", "a provider that reports its cost"],
  ] as const)("is not guessed for %s:%s, %s", (provider, model, _why) => {
    expect(estimateCost(provider, model, tokens)).toBeNull();
  });

  it("is not guessed where the rate is not known: a long prompt, a cache without a price, counts that cannot be", () => {
    expect(estimateCost("google", "gemini-2.5-pro", { ...tokens, input: 200_001 })).toBeNull();
    expect(estimateCost("google", "gemini-2.5-flash", { ...tokens, cacheRead: 1 })).toBeNull();
    expect(estimateCost("openai", "gpt-4o", { ...tokens, cacheWrite: 1 })).toBeNull();
    expect(estimateCost("openai", "gpt-4o", { ...tokens, cacheRead: 2000 })).toBeNull();
  });

  it("takes the price of the longest name", () => {
    expect(priceOf("openai", "gpt-5.4-mini-2026-03-01")?.input).toBe("0.75");
    expect(priceOf("anthropic", "claude-fable-5-1")?.cacheRead).toBe("0.25");
  });
});

it("says of which day the prices are", () => {
  expect(Number.isNaN(Date.parse(PRICES_AS_OF))).toBe(false);
});
