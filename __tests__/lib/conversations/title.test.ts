import { expect, it } from "vitest";
import { titleOf } from "@/lib/conversations/title";

it("takes the first line, cut between words", () => {
  expect(titleOf("  How do\tI tie  a knot?\nDetails")).toBe("How do I tie a knot?");
  const long = titleOf(`${"word ".repeat(40)}`) ?? "";
  expect(long).toMatch(/word…$/);
  expect(long.length).toBeLessThanOrEqual(81);
  expect(titleOf("x".repeat(500))).toHaveLength(81);
});

it("gives no title to a question without words", () => {
  expect(titleOf(" \n ")).toBeNull();
});
