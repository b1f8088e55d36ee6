import { expect, it } from "vitest";
import { keyHint, safeLabel } from "@/lib/keys/user-api-key";
import { newKey } from "../../support/openrouter-upstream";

it.each([1, 4, 8, 12, 39])("shows nothing of a key of %i characters", (length) => {
  expect(keyHint("k".repeat(length))).toBeNull();
});

it("shows the last 4 characters of a long key, at most a tenth of it", () => {
  const apiKey = newKey();
  expect(keyHint(apiKey)).toBe(apiKey.slice(-4));
  expect(keyHint(`${"a".repeat(36)}wxyz`)).toBe("wxyz");
});

const apiKey = newKey();
it.each([
  ["OpenRouter's default, the key with its middle cut out", `${apiKey.slice(0, 12)}...${apiKey.slice(-4)}`],
  ["the whole key", apiKey],
  ["a piece of the key in a sentence", `mine ${apiKey.slice(30, 36)}`],
  ["another key", newKey()],
  ["nothing", ""],
  ["blanks", "  \n "],
])("stores no label that is %s", (_what, label) => {
  expect(safeLabel(label, apiKey)).toBeNull();
});

it.each([
  ["Chatelaine", "Chatelaine"],
  ["  my laptop  ", "my laptop"],
  ["two\r\nlines\u0000\u202e", "twolines"],
  ["x".repeat(300), "x".repeat(100)],
])("keeps a harmless label %j as plain text", (label, kept) => {
  expect(safeLabel(label, apiKey)).toBe(kept);
});
