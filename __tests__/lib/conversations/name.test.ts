import { expect, it } from "vitest";
import { nameOf } from "@/lib/conversations/title";

it.each([
  ["Doors and keys", "Doors and keys"],
  ['  "Doors and keys."\n', "Doors and keys"],
  ["Title: Doors", "Doors"],
  ["**Doors**\n\nHere is why", "Doors"],
  ["# Doors", "Doors"],
  ["\n\n---\nDoors", "Doors"],
  ["What opens a door?", "What opens a door?"],
  ["„Türen und Schlüssel“", "Türen und Schlüssel"],
  ["钥匙和门", "钥匙和门"],
  ["a\u202eb\u0000c\u200bd", "a b c d"],
  ["<script>alert(1)</script>", "<script>alert(1)</script>"], // text it stays
  ["wait...", "wait..."],
])("makes of %j the name %j", (answer, name) => {
  expect(nameOf(answer)).toBe(name);
});

it.each(["", "\n \n", '""', "***", "\u0000", "—"])("makes nothing of %j", (answer) => {
  expect(nameOf(answer)).toBeNull();
});

it("is one line of at most 60 characters, cut between words", () => {
  const name = nameOf(`${"word ".repeat(40)}\nmore`) ?? "";
  expect(name).toMatch(/^(word )+word…$/);
  expect([...name].length).toBeLessThanOrEqual(60);
  expect([...(nameOf(`key ${"🔑".repeat(100)}`) ?? "x".repeat(99))].length).toBeLessThanOrEqual(60);
  expect(nameOf(`${"x".repeat(200)}`)).toBe(`${"x".repeat(59)}…`);
});
