import { expect, it } from "vitest";
import { estimateUsd } from "@/app/(chat)/_parts/estimate";
import { messageOf } from "../../../support/browser-shapes";

const model = (prompt: string | null) => ({
  id: "openrouter:a/b",
  name: "B",
  provider: "openrouter",
  contextLength: null,
  pricing: { prompt, completion: "1" },
  isFree: false,
});

it("reckons the whole conversation and the draft, at the model's price", () => {
  const messages = [messageOf({ parts: [{ type: "text", text: "x".repeat(3000) }] })];
  expect(estimateUsd(messages, "y".repeat(1000), model("3"))).toBeCloseTo((1000 / 1_000_000) * 3);
});

it("does not count reasoning, which is not sent back", () => {
  const messages = [messageOf({ parts: [{ type: "reasoning", text: "x".repeat(4000) }] })];
  expect(estimateUsd(messages, "", model("3"))).toBe(0);
});

it("gives no figure where the price is not known", () => {
  expect(estimateUsd([], "hello", model(null))).toBeUndefined();
  expect(estimateUsd([], "hello", undefined)).toBeUndefined();
});
