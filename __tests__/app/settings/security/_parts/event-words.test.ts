import { expect, it } from "vitest";
import { eventWords } from "@/app/settings/security/_parts/event-words";
import { AUDIT_ACTIONS } from "@/lib/audit/actions";

const words = (action: string, detail = {}, provider: string | null = "openrouter") =>
  eventWords({ seq: 1, action, provider, detail, address: null, userAgent: null, at: "" });

it("has a sentence of its own for every action that can be recorded", () => {
  const titles = AUDIT_ACTIONS.map((action) => words(action).title);
  expect(new Set(titles).size).toBe(AUDIT_ACTIONS.length);
  for (const [i, title] of titles.entries()) {
    expect(title).not.toMatch(/_|undefined|null/);
    expect(title).toMatch(/^(You|A|An|The|Open)/);
    expect(title.toLowerCase()).not.toBe(AUDIT_ACTIONS[i]?.replaceAll("_", " "));
  }
});

it.each([
  [1, "Your OpenRouter key was used"],
  [2, "Your OpenRouter key was used twice"],
  [1200, "Your OpenRouter key was used 1,200 times"],
  ["9", "Your OpenRouter key was used"],
])("counts: %j", (count, title) => expect(words("key_used", { count }).title).toBe(title));

it("tells why the shared key stepped in, and warns when it was not meant to", () => {
  expect(words("shared_key_used", { reason: "no_key" })).toMatchObject({
    tone: "plain",
    text: expect.stringContaining("no key of your own"),
  });
  expect(words("shared_key_used", { reason: "undecryptable" })).toMatchObject({
    tone: "warn",
    text: expect.stringContaining("could not be read"),
  });
});

it("tells what became of a key that a provider refused", () => {
  expect(words("key_rejected", { state: "limit_reached" }, "xai")).toEqual({
    tone: "bad",
    title: "xAI refused your key",
    text: "It has reached its spending limit.",
  });
});

it("tells a key put back from one saved, a wiped one from a deleted one, and how a test ended", () => {
  expect(words("key_saved", { undo: true }, "xai").title).toBe("Your earlier xAI key was put back");
  expect(words("key_removed", { deactivated: true }, "xai").title).toBe("Your xAI key was deactivated");
  expect(words("key_tested", { status: "invalid" }, "openai")).toMatchObject({
    title: "A key of OpenAI was tested",
    text: expect.stringContaining("refused"),
  });
  expect(words("key_tested", { status: "constructor" }, null).text).toBeUndefined();
});

it("tells with whose account somebody signed in", () => {
  expect(words("signed_in", {}, "google").title).toBe("You signed in with Google");
  expect(words("key_saved", {}, "google").title).toBe("Your Google AI key was saved");
});

it("does not speak of a password where GitHub vouched", () => {
  const refused = words("sign_in_failed", { reason: "OAuthAccountNotLinked", count: 2 }, "github");
  expect(refused).toMatchObject({ tone: "warn", title: "A sign-in with GitHub was refused twice" });
  expect(refused.text).not.toContain("wrong");
});

it("tells of a newer version's events as well as it can", () => {
  expect(words("budget_reached").title).toBe("Budget reached");
});
