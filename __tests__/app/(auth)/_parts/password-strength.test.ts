import { expect, it } from "vitest";
import { passwordStrength } from "@/app/(auth)/_parts/password-strength";

it.each([
  ["", 0],
  ["seven77", 0],
  ["password1234567", 1],
  ["aaaaaaaaaaaaaaaaaaaa", 1],
  ["tortoise", 1],
  ["tortoisewalk", 2],
  ["three green kettles", 3],
  ["Tr0ut-mask-84", 3],
] as const)("rates %j as %i of 3", (password, level) => {
  expect(passwordStrength(password).level).toBe(level);
});

it("counts characters as people do", () => {
  expect(passwordStrength("🔑🔑🔑🔑🔑🔑🔑").hint).toBe("1 more character needed.");
});
