import { expect, it } from "vitest";
import { groupByDate } from "@/app/(chat)/_parts/by-date";

const now = new Date(2026, 10, 20, 9, 0);
const at = (id: string, date: Date, pinned = false) => ({
  id,
  title: id,
  model: null,
  pinned,
  archived: false,
  createdAt: date.toISOString(),
  updatedAt: date.toISOString(),
});

it("puts each conversation under the heading that its day has today", () => {
  const items = [
    at("now", now),
    at("midnight", new Date(2026, 10, 20)),
    at("late yesterday", new Date(2026, 10, 19, 23, 59)),
    at("this week", new Date(2026, 10, 14)),
    at("this month", new Date(2026, 9, 30)),
    at("spring", new Date(2026, 3, 2)),
    at("long ago", new Date(2024, 3, 2)),
  ];
  expect(groupByDate(items, now).map(({ label, items }) => [label, items.map(({ id }) => id)])).toEqual([
    ["Today", ["now", "midnight"]],
    ["Yesterday", ["late yesterday"]],
    ["Last 7 days", ["this week"]],
    ["Last 30 days", ["this month"]],
    ["April", ["spring"]],
    ["April 2024", ["long ago"]],
  ]);
});

it("keeps pinned conversations first, whatever their day", () => {
  const groups = groupByDate([at("new", now), at("old", new Date(2020, 0, 1), true)], now);
  expect(groups.map(({ label }) => label)).toEqual(["Pinned", "Today"]);
});
