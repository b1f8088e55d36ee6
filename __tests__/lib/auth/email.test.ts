import { expect, it } from "vitest";
import { emailSchema } from "@/lib/auth/email";

it("keeps an address trimmed and in lower case", () => {
  expect(emailSchema.parse("  Ada.Lovelace+x@Example.ORG ")).toBe("ada.lovelace+x@example.org");
});

it.each([
  "ada\uff20example.org",
  "ada\ufe6bexample.org",
  "ada@example.org\uff20evil.org",
  "ada@\u212aelvin.org", // folds into an ASCII k
  "\u0130da@example.org",
  "ada@example.org\r\nbcc: b@example.org",
  "ada@example.org\0",
  "ada b@example.org",
  "ada",
  "@example.org",
  `${"a".repeat(250)}@example.org`,
  "",
])("refuses %j", (email) => {
  expect(emailSchema.safeParse(email).success).toBe(false);
});
