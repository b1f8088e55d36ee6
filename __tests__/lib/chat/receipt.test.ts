import { expect, it } from "vitest";
import { toDecimal } from "@/lib/chat/receipt";

it.each([
  [0, "0"],
  [0.00014, "0.00014"],
  [1.4e-7, "0.00000014"],
  [1e-7, "0.0000001"],
  [12.5, "12.5"],
  [1e21, "1000000000000000000000"],
])("writes the cost %s as the plain decimal %s", (value, text) => {
  expect(toDecimal(value)).toBe(text);
  expect(Number(text)).toBe(value);
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("takes %s for no cost at all", (value) => {
  expect(toDecimal(value)).toBeNull();
});
