import { describe, expect, it } from "vitest";
import { endingView, providerOf, refusalView } from "@/app/(chat)/_parts/failure";
import { messageOf, receiptOf } from "../../../support/browser-shapes";

describe("how an answer that ended early is shown", () => {
  it.each(["complete", "streaming"] as const)("adds nothing to one that is %s", (status) => {
    expect(endingView(messageOf({ status }))).toBeNull();
  });

  it("offers to go on, or to answer again, after a stop and after an interruption, in different words", () => {
    const stopped = endingView(messageOf({ status: "stopped" }));
    const interrupted = endingView(messageOf({ status: "interrupted" }));
    expect(stopped?.buttons).toEqual(["continue", "again"]);
    expect(interrupted?.buttons).toEqual(["continue", "again"]);
    expect(endingView(messageOf({ status: "interrupted", parts: [] }))?.buttons).toEqual(["again"]);
    expect(stopped?.text).not.toBe(interrupted?.text);
  });

  it.each([
    ["no_key", "connect"],
    ["key_invalid", "reconnect"],
    ["key_expired", "reconnect"],
    ["key_limit_reached", "raise_limit"],
    ["out_of_credit", "add_credit"],
    ["model_not_allowed", "choose_model"],
    ["model_not_found", "choose_model"],
  ] as const)("puts the one right button first for a stored %s", (errorCode, button) => {
    const view = endingView(messageOf({ status: "failed", errorCode }));
    expect(view).toMatchObject({ tone: "bad", buttons: [button, "retry"] });
    expect(view?.text).toMatch(/\.$/);
  });

  it.each(["provider_rate_limited", "provider_unavailable", "provider_timeout", "a_code_of_tomorrow", null])(
    "offers only another try where nothing can be mended: %s",
    (errorCode) => {
      expect(endingView(messageOf({ status: "failed", errorCode }))).toMatchObject({
        tone: "warn",
        buttons: ["retry"],
      });
    },
  );

  it("prefers the provider's own reason of this visit to the stored code", () => {
    const failure = { code: "out_of_credit", detail: "No credit is left.", action: "add_credit" } as const;
    const view = endingView({ ...messageOf({ status: "failed", errorCode: "internal" }), failure });
    expect(view).toMatchObject({ text: "No credit is left.", buttons: ["add_credit", "retry"] });
  });
});

it("takes the button from the server's action, also for a code that has another one here", () => {
  const view = refusalView({ code: "budget_reached", detail: "Your share is spent.", action: "connect" });
  expect(view).toEqual({ tone: "bad", text: "Your share is spent.", buttons: ["connect", "retry"] });
});

it("names the provider whose key it was, in a stored failure too", () => {
  const text = (errorCode: string) => endingView(messageOf({ status: "failed", errorCode }), "openai")?.text;
  expect(text("key_invalid")).toBe("OpenAI no longer accepts this key. Nothing was charged. Replace it to go on.");
  expect(text("no_key")).toContain("Add a key of OpenAI");
  expect(text("out_of_credit")).toContain("OpenAI account");
});

it("knows from a receipt whose key paid, and believes no other name", () => {
  const paidBy = (keyProvider: string) => providerOf(messageOf({ metadata: { receipt: receiptOf({ keyProvider }) } }));
  expect(paidBy("xai")).toBe("xai");
  expect(paidBy("constructor")).toBeUndefined();
  expect(providerOf(messageOf())).toBeUndefined();
});
