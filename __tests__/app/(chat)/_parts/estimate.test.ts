import { expect, it } from "vitest";
import { estimateUsd, hasUncounted } from "@/app/(chat)/_parts/estimate";
import { messageOf, receiptOf } from "../../../support/browser-shapes";

const model = (prompt: string | null) => ({
  id: "openrouter:a/b",
  name: "B",
  provider: "openrouter",
  contextLength: null,
  pricing: { prompt, completion: "1" },
  isFree: false,
});
const usd = (tokens: number) => (tokens / 1_000_000) * 3;
const file = (mediaType: string, size = 4000) => ({ id: "f", name: "f", mediaType, size });

it("reckons the whole conversation and the draft, at the model's price", () => {
  const messages = [messageOf({ parts: [{ type: "text", text: "x".repeat(3000) }] })];
  expect(estimateUsd(messages, { text: "y".repeat(1000) }, model("3"))).toBeCloseTo(usd(1000));
});

it("takes what was counted from the last receipt, so that messages which are not loaded are in it", () => {
  const receipt = receiptOf({ inputTokens: 50_000, outputTokens: 700, reasoningTokens: 200 });
  const messages = [
    messageOf({ parts: [{ type: "text", text: "x".repeat(3000) }] }),
    messageOf({ role: "assistant", parts: [{ type: "text", text: "short" }], metadata: { receipt } }),
  ];
  const draft = { text: "y".repeat(400), system: "is in the count" };
  expect(estimateUsd(messages, draft, model("3"))).toBeCloseTo(usd(50_000 + 500 + 100));
});

it("adds instructions, images and text files, and says of a PDF that it is not in it", () => {
  const draft = {
    text: "",
    system: "s".repeat(400),
    files: [file("image/png"), file("text/plain"), file("application/pdf")],
  };
  expect(estimateUsd([], draft, model("3"))).toBeCloseTo(usd(100 + 1000 + 1000));
  expect(hasUncounted(draft.files)).toBe(true);
});

it("does not count reasoning, which is not sent back", () => {
  const messages = [messageOf({ parts: [{ type: "reasoning", text: "x".repeat(4000) }] })];
  expect(estimateUsd(messages, { text: "" }, model("3"))).toBe(0);
});

it("gives no figure where the price is not known", () => {
  expect(estimateUsd([], { text: "hello" }, model(null))).toBeUndefined();
  expect(estimateUsd([], { text: "hello" }, undefined)).toBeUndefined();
});
