import { expect, it } from "vitest";
import { perMillion } from "@/lib/models/catalogue";

it.each([
  ["0.00000015", "0.15"],
  ["0.000003", "3"],
  ["0", "0"],
  ["0.0000000375", "0.0375"],
  ["0.00001", "10"],
  ["1", "1000000"],
  ["-1", null],
  [undefined, null],
  ["1e-7", null],
])("%s a token is %s a million", (perToken, expected) => {
  expect(perMillion(perToken)).toBe(expected);
});
