import { expect, it } from "vitest";
import { formatModelId, MODEL_ID, parseModelId } from "@/lib/providers/model-id";

it.each([
  ["openai:gpt-5", "openai", "gpt-5"],
  ["openrouter:anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5"],
  ["meta-llama/llama-3:free", "openrouter", "meta-llama/llama-3:free"],
  ["openai/gpt-4o", "openrouter", "openai/gpt-4o"],
  ["constructor:x", "openrouter", "constructor:x"],
])("%s is %s's %s", (id, provider, model) => {
  expect(MODEL_ID.test(id)).toBe(true);
  expect(parseModelId(id)).toEqual({ provider, model });
  expect(parseModelId(formatModelId(parseModelId(id)))).toEqual({ provider, model });
});

it.each(["", " ", "a b", "a\nb", "../../x", "a\0", "-x", "google:../../v1/x", "google:a/../b", "google:a//b"])(
  "refuses %j as a model id",
  (id) => {
    expect(MODEL_ID.test(id)).toBe(false);
  },
);
