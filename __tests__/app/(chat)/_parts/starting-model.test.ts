import { expect, it } from "vitest";
import { startingModel } from "@/app/(chat)/_parts/starting-model";
import type { Model, ModelList } from "@/lib/client/types";

const model = (id: string, isAvailable?: boolean): Model => ({
  ...{ id, name: id, provider: "openai", contextLength: null, pricing: null, isFree: false },
  isAvailable,
});
const list: ModelList = {
  items: [model("openai:gpt-5", true), model("xai:grok-4", false), model("openrouter:a/b")],
  defaultModel: "openai:gpt-5",
};

it.each([
  ["the one chosen last", "openrouter:a/b", "openrouter:a/b"],
  ["not one that no key can pay for any more", "xai:grok-4", "openai:gpt-5"],
  ["not one that is gone", "openai:gpt-2", "openai:gpt-5"],
  ["the server's, when none was chosen", undefined, "openai:gpt-5"],
])("a new conversation begins with %s", (_, last, begins) => expect(startingModel(last, list)).toBe(begins));

it("the one chosen last is shown while the list is still on its way", () => {
  expect(startingModel("openai:gpt-5", undefined)).toBe("openai:gpt-5");
});
