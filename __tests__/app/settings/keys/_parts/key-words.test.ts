import { expect, it } from "vitest";
import { stateWords, usedShare } from "@/app/settings/keys/_parts/key-words";
import { statusOf } from "../../../../support/browser-shapes";

it("has its own words and the one right action for each state", () => {
  const states = ["active", "invalid", "expired", "limit_reached", "out_of_credit", "undecryptable"] as const;
  const words = states.map((state) => stateWords(statusOf({ state })));
  expect(new Set(words.map(({ title }) => title)).size).toBe(states.length);
  expect(words.map(({ action }) => action)).toEqual([
    null,
    "reconnect",
    "reconnect",
    "raise_limit",
    "add_credit",
    "reconnect",
  ]);
});

it("says who pays while there is no key", () => {
  const none = { connected: false, state: null } as const;
  const off = { ...statusOf().sharedKey, allowed: false };
  expect(stateWords(statusOf(none)).text).toContain("shared key pays");
  expect(stateWords(statusOf({ ...none, sharedKey: off })).text).not.toContain("shared key pays");
});

it.each([
  ["10", "7.5", 0.25],
  ["10", "-1", 1],
  ["10", "12", 0],
  ["0", "0", null],
  [null, null, null],
] as const)("draws a limit of %s with %s left as %s used", (creditsLimit, creditsRemaining, share) => {
  expect(usedShare(statusOf({ creditsLimit, creditsRemaining }))).toBe(share);
});
