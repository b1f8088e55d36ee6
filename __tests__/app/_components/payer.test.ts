import { describe, expect, it } from "vitest";
import { directPayerView, payerView } from "@/app/_components/payer";
import { keyOf } from "../../support/browser-keys";
import { statusOf } from "../../support/browser-shapes";

const shared = (changes: object) => ({ ...statusOf().sharedKey, ...changes });
const notConnected = { connected: false, state: null, keyHint: null } as const;

describe("who pays, as the chip tells it", () => {
  it("names the own key by its last characters", () => {
    expect(payerView(statusOf())).toMatchObject({
      tone: "ok",
      mark: "●",
      text: "your OpenRouter key …a1b2",
      short: "…a1b2",
    });
  });

  it("shows what is left of the shared key's day", () => {
    const view = payerView(statusOf(notConnected));
    expect(view).toMatchObject({
      tone: "shared",
      mark: "◐",
      text: "shared key, $0.18 of $0.50 left today",
      action: "connect",
    });
  });

  it("says nothing of an allowance where the operator set none", () => {
    const sharedKey = shared({ dailyUsd: null, leftTodayUsd: null });
    expect(payerView(statusOf({ ...notConnected, sharedKey })).text).toBe("shared key");
  });

  it("tells a spent allowance as such instead of hiding it", () => {
    const sharedKey = shared({ leftTodayUsd: "0" });
    expect(payerView(statusOf({ ...notConnected, sharedKey })).text).toBe("shared key, $0.00 of $0.50 left today");
  });

  it.each([shared({ available: false }), shared({ allowed: false })])(
    "has no key when the shared one may not pay",
    (sharedKey) => {
      expect(payerView(statusOf({ ...notConnected, sharedKey }))).toMatchObject({
        tone: "none",
        mark: "○",
        text: "no key",
        action: "connect",
      });
    },
  );

  it.each([
    ["invalid", "reconnect"],
    ["expired", "reconnect"],
    ["limit_reached", "raise_limit"],
    ["out_of_credit", "add_credit"],
  ] as const)("never lets the shared key hide a key that is %s, and offers %s", (state, action) => {
    expect(payerView(statusOf({ state }))).toMatchObject({ tone: "bad", mark: "▲", action });
  });

  it("warns when the shared key steps in for one that cannot be read", () => {
    expect(payerView(statusOf({ state: "undecryptable" }))).toMatchObject({
      tone: "warn",
      mark: "◐",
      action: "reconnect",
    });
  });

  it("is red when a key cannot be read and nothing may step in", () => {
    const view = payerView(statusOf({ state: "undecryptable", sharedKey: shared({ allowed: false }) }));
    expect(view).toMatchObject({ tone: "bad", text: "your key cannot be read", action: "reconnect" });
  });
});

describe("who pays for a model of another provider", () => {
  it("names the own key and its provider", () => {
    expect(directPayerView("openai", keyOf())).toMatchObject({
      tone: "ok",
      text: "your OpenAI key …a1b2",
      short: "…a1b2",
    });
  });

  it.each([undefined, keyOf({ provider: "xai", state: "inactive", keyHint: null })])(
    "is nobody without a key there: the shared one never steps in",
    (key) => {
      const view = directPayerView("xai", key);
      expect(view).toMatchObject({ tone: "none", mark: "○", text: "no xAI key", action: "connect" });
      expect(view.explanation).toContain("shared key never pays");
    },
  );

  it.each([
    ["invalid", "reconnect"],
    ["expired", "reconnect"],
    ["limit_reached", "raise_limit"],
    ["out_of_credit", "add_credit"],
    ["undecryptable", "reconnect"],
  ] as const)("shows a key that is %s as such, and offers %s", (state, action) => {
    expect(directPayerView("anthropic", keyOf({ provider: "anthropic", state }))).toMatchObject({
      tone: "bad",
      action,
    });
  });
});
