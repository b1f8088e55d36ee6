import { afterEach, describe, expect, it } from "vitest";
import { env } from "@/lib/env";
import { hasSharedKey, isModelAllowed, sharedKeyFor } from "@/lib/keys/shared-key";

const sharedKey = "sk-or-v1-shared";
afterEach(() => {
  Object.assign(env(), { OPENROUTER_API_KEY: undefined, SHARED_KEY_MODELS: ["*"] });
});
const request = { provider: "openrouter", modelId: "openai/gpt-5", sharedKeyAllowed: true } as const;

describe("isModelAllowed", () => {
  it.each([
    ["openai/gpt-5", ["*"], true],
    ["openrouter:openai/gpt-5", ["openai/gpt-5"], true],
    ["openai/gpt-5", ["openrouter:openai/*"], true],
    ["openai/gpt-5", ["anthropic/*", "openai/gpt-5"], true],
    ["meta/llama-3:free", ["*:free"], true],
    ["meta/llama-3", ["*:free"], false],
    ["openai/gpt-5", ["openai/gpt-4*"], false],
    ["openai/gpt-5-pro", ["openai/gpt-5"], false],
    ["evil/openai/gpt-5", ["openai/*"], false],
    ["openai/gpt-5", ["OPENAI/*"], false],
    ["aXbXc", ["a*b*c"], true],
    ["ab", ["ab*b"], false],
    ["abb", ["ab*b"], true],
    ["a.c", ["a.c"], true],
    ["abc", ["a.c"], false],
    ["openai/gpt-5", [], false],
  ])("%s under %j: %s", (modelId, patterns, allowed) => {
    expect(isModelAllowed(modelId, patterns)).toBe(allowed);
  });

  it("answers at once for a pattern that would make a regular expression hang", () => {
    const started = performance.now();
    expect(isModelAllowed("a".repeat(10_000), [`${"*a".repeat(200)}*b`])).toBe(false);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

it("there is no shared key unless the operator lends one", () => {
  expect(hasSharedKey()).toBe(false);
  expect(() => sharedKeyFor(request)).toThrow(expect.objectContaining({ code: "no_key", action: "connect" }));
});

it("the shared key is lent for allowed models of OpenRouter to those who want it, and for nothing else", () => {
  Object.assign(env(), { OPENROUTER_API_KEY: sharedKey, SHARED_KEY_MODELS: ["openai/*"] });
  expect(sharedKeyFor(request)).toBe(sharedKey);
  const refused = (change: object) => () => sharedKeyFor({ ...request, ...change });
  expect(refused({ sharedKeyAllowed: false })).toThrow(expect.objectContaining({ code: "no_key" }));
  expect(refused({ provider: "openai" })).toThrow(expect.objectContaining({ code: "no_key" }));
  expect(refused({ modelId: "anthropic/claude" })).toThrow(
    expect.objectContaining({ code: "model_not_allowed", action: "choose_model" }),
  );
});
