import { expect, it } from "vitest";
import { receiptDetails, receiptLine, receiptText } from "@/app/(chat)/_parts/receipt-lines";
import { receiptOf } from "../../../support/browser-shapes";

it("tells model, tokens, cost, time and payer in one line", () => {
  expect(receiptLine(receiptOf())).toBe("claude-sonnet-4.5 · 1,234 → 56 tokens · $0.0021 · 4.2 s · your key …a1b2");
});

it.each([
  ["0", "$0"],
  ["0.000049", "< $0.0001"],
  ["0.0001", "$0.0001"],
  ["12.5", "$12.5000"],
  [null, "cost not reported"],
] as const)("shows a cost of %s as %s", (costUsd, shown) => {
  expect(receiptLine(receiptOf({ costUsd }))).toContain(` · ${shown} · `);
});

it("leaves out what was not measured instead of showing zeros", () => {
  const line = receiptLine(receiptOf({ inputTokens: null, outputTokens: null, totalMs: null, costUsd: null }));
  expect(line).toBe("claude-sonnet-4.5 · cost not reported · your key …a1b2");
});

it("says which model was asked when another one answered", () => {
  const details = new Map(receiptDetails(receiptOf({ model: "openrouter:openrouter/auto" })));
  expect(details.get("Model")).toBe("anthropic/claude-sonnet-4.5");
  expect(details.get("Asked for")).toBe("openrouter/auto");
  expect(new Map(receiptDetails(receiptOf())).has("Asked for")).toBe(false);
});

it("gives the exact cost in the details", () => {
  expect(receiptText(receiptOf({ costUsd: "0.00000014" }))).toContain("Cost: $0.00000014");
});

it.each([
  ["no_key", "the shared key, because you have none connected"],
  ["undecryptable", "the shared key, because yours could not be read"],
] as const)("says why the shared key paid: %s", (keyFallback, words) => {
  const receipt = receiptOf({ keySource: "shared", keyFallback, keyHint: null, keyLabel: null });
  expect(new Map(receiptDetails(receipt)).get("Paid by")).toBe(words);
});

it("says of a cost that the provider did not report that it is an estimate", () => {
  const receipt = receiptOf({ costIsEstimate: true });
  expect(receiptLine(receipt)).toContain(" · about $0.0021 · ");
  expect(Object.fromEntries(receiptDetails(receipt)).Cost).toBe(
    "about $0.00214, reckoned from the provider's list of prices",
  );
  expect(receiptLine(receiptOf({ costIsEstimate: true, costUsd: null }))).toContain("cost not reported");
});

it("names the provider whose own key paid, and does not repeat the model's own name", () => {
  const receipt = receiptOf({ model: "openai:gpt-5.1", servedModel: "gpt-5.1", keyProvider: "openai", keyLabel: null });
  const details = Object.fromEntries(receiptDetails(receipt));
  expect(details["Paid by"]).toBe("your OpenAI key …a1b2");
  expect(details["Asked for"]).toBeUndefined();
});
