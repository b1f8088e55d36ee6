import { describe, expect, it } from "vitest";
import { keyNotices } from "@/lib/keys/key-notices";
import type { UserApiKey } from "@/lib/keys/user-api-key";

const now = new Date("2026-11-20T12:00:00Z");
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);
const key = (change: Partial<UserApiKey> = {}): UserApiKey => ({
  ...{ id: "k", provider: "openrouter", state: "active", keyHint: "abcd", keyLabel: null, settings: {} },
  ...{ checkStatus: "valid", creditsRemaining: null, creditsLimit: null, limitReset: null, usage: null },
  ...{ isFreeTier: false, usageCount: 3, lastUsedAt: inDays(-1), keySetAt: inDays(-10), connectedAt: null },
  ...{ lastVerifiedAt: now, expiresAt: null, rotationDue: false, unused: false, undoUntil: null },
  ...{ createdAt: inDays(-10), updatedAt: now },
  ...change,
}); // biome-ignore format: a list
const kinds = (...keys: Partial<UserApiKey>[]) => keyNotices(keys.map(key), now).map(({ kind }) => kind);

it("says nothing of a key that is well, nor of a deactivated one", () => {
  expect(kinds({}, { state: "inactive", rotationDue: true, expiresAt: inDays(-1) })).toEqual([]);
});

describe("a key that cannot pay", () => {
  it.each([
    ["invalid", "reconnect", "replace"],
    ["expired", "reconnect", "replace"],
    ["undecryptable", "reconnect", "replace"],
    ["limit_reached", "raise_limit", "raise_limit"],
    ["out_of_credit", "add_credit", "add_credit"],
  ] as const)("%s has one notice, an error, with its one button", (state, openrouter, openai) => {
    const change = { state, rotationDue: true, unused: true, checkStatus: "restricted" } as const;
    const notices = keyNotices([key(change), key({ ...change, provider: "openai" })], now);
    expect(notices).toMatchObject([
      { provider: "openrouter", kind: state, severity: "error", action: openrouter },
      { provider: "openai", kind: state, severity: "error", action: openai },
    ]);
    expect(notices[1]?.sentence).toContain("OpenAI");
  });

  it("says when a limit starts anew", () => {
    expect(keyNotices([key({ state: "limit_reached", limitReset: "monthly" })], now)[0]?.sentence).toContain(
      "each month",
    );
    expect(keyNotices([key({ state: "limit_reached" })], now)[0]?.sentence).not.toContain("anew");
  });
});

it.each([
  [8, []],
  [7, ["expires_soon"]],
  [0.5, ["expires_soon"]],
])("expiry in %d days: %j", (days, expected) => {
  expect(kinds({ expiresAt: inDays(days) })).toEqual(expected);
});

it("says how soon a key expires", () => {
  const sentence = (days: number) => keyNotices([key({ expiresAt: inDays(days) })], now)[0]?.sentence;
  expect(sentence(3.5)).toContain("in 3 days");
  expect(sentence(1.5)).toContain("in 1 day and");
  expect(sentence(0.5)).toContain("within a day");
});

it.each([
  ["7.5", "10", []],
  ["0.99", "10", ["low_credit"]],
  ["9.99", "100", ["low_credit"]],
  ["10", "100", []],
  ["0.99", "5", ["low_credit"]],
  ["0.4", "0.5", []],
  ["0.2", "0.5", ["low_credit"]],
  ["0.5", null, []],
  [null, "10", []],
])("%s of %s left: %j", (creditsRemaining, creditsLimit, expected) => {
  expect(kinds({ creditsRemaining, creditsLimit })).toEqual(expected);
});

it("tells an old key, or an unused one, but not both", () => {
  expect(kinds({ rotationDue: true })).toEqual(["rotation_due"]);
  expect(kinds({ rotationDue: true, unused: true })).toEqual(["unused"]);
  expect(keyNotices([key({ unused: true, lastUsedAt: null })], now)[0]?.sentence).toContain("never used");
  expect(keyNotices([key({ unused: true, lastUsedAt: inDays(-45) })], now)[0]?.sentence).toContain("45 days");
});

it("puts the gravest first, whosever key it is", () => {
  const many = [{ rotationDue: true }, { expiresAt: inDays(1) }, { provider: "xai", state: "invalid" }] as const;
  expect(kinds(...many)).toEqual(["invalid", "expires_soon", "rotation_due"]);
});

it("every sentence ends like one, and none shouts or quotes a key", () => {
  const states = ["invalid", "expired", "undecryptable", "limit_reached", "out_of_credit"] as const;
  const low = { creditsRemaining: "0.001", creditsLimit: "10" };
  const all = [...states.map((state) => ({ state })), low, { checkStatus: "restricted" as const }, { unused: true }];
  const notices = keyNotices([...all, { rotationDue: true }, { expiresAt: inDays(2) }].map(key), now);
  expect(notices.length).toBeGreaterThanOrEqual(10);
  for (const { sentence } of notices) {
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(sentence).not.toMatch(/!|abcd|undefined|NaN|null/);
  }
});
