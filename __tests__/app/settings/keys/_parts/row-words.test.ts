import { expect, it } from "vitest";
import { ageOf, furtherNotices, minutesUntil, rowFacts, rowWords } from "@/app/settings/keys/_parts/row-words";
import { keyOf, noticeOf } from "../../../../support/browser-keys";

const now = new Date("2026-11-20T12:00:00.000Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();

it("has its own words and the one right action for each state", () => {
  const states = [
    "active",
    "invalid",
    "expired",
    "limit_reached",
    "out_of_credit",
    "undecryptable",
    "inactive",
  ] as const;
  const words = states.map((state) => rowWords("openai", keyOf({ state })));
  expect(new Set(words.map(({ title }) => title)).size).toBe(states.length);
  expect(words.map(({ action }) => action)).toEqual([
    null,
    "replace",
    "replace",
    "raise_limit",
    "add_credit",
    "replace",
    "replace",
  ]);
  for (const { title, text } of words) expect(`${title} ${text}`).not.toMatch(/undefined|null|!/);
});

it("tells a key that was never there from one that was deactivated", () => {
  expect(rowWords("xai", undefined).title).toBe("No key");
  expect(rowWords("xai", keyOf({ provider: "xai", state: "inactive" })).title).toBe("Deactivated");
});

it("says that a key works with restrictions", () => {
  expect(rowWords("openai", keyOf({ checkStatus: "restricted" })).title).toBe("Works, with restrictions");
});

it("counts uses and age from when the key itself was set", () => {
  const key = keyOf({ usageCount: 1204, lastUsedAt: daysAgo(2), keySetAt: daysAgo(95), lastVerifiedAt: daysAgo(1) });
  expect(rowFacts(key, now)).toEqual(["Used 1,204 times, last 2 days ago", "set 95 days ago", "tested 1 day ago"]);
  expect(rowFacts(keyOf({ usageCount: 1, keySetAt: daysAgo(0) }), now)).toEqual([
    "Used once",
    "set just now",
    "not tested yet",
  ]);
  expect(rowFacts(keyOf({ state: "inactive" }), now)).toEqual(["Never used"]);
  expect(ageOf(daysAgo(200), now)).toBe("200 days ago");
});

it("does not say twice what the state and the age say", () => {
  const notices = [
    noticeOf({ kind: "invalid" }),
    noticeOf({ kind: "rotation_due" }),
    noticeOf({ kind: "expires_soon" }),
    noticeOf({ kind: "low_credit", provider: "xai" }),
  ];
  expect(furtherNotices(notices, keyOf({ state: "invalid" })).map(({ kind }) => kind)).toEqual(["expires_soon"]);
});

it.each([
  [15 * 60_000, 15],
  [14 * 60_000 + 1, 15],
  [1, 1],
  [0, null],
  [-1, null],
] as const)("a time %i ms away is %j more minutes for undoing", (ms, minutes) => {
  expect(minutesUntil(new Date(now.getTime() + ms).toISOString(), now.getTime())).toBe(minutes);
});

it("has nothing to undo when there is no such time", () => expect(minutesUntil(null)).toBeNull());
