import { expect, it } from "vitest";
import { env } from "@/lib/env";
import { leftOverCookie, leftOverUrlOf } from "@/lib/openrouter/left-over-cookie";
import { revokeUrlOf } from "@/lib/openrouter/revoke-url";
import { newKey } from "../../support/openrouter-upstream";

it("brings the address of a key from the callback to the sign-in page, for ten minutes and this host only", () => {
  const url = revokeUrlOf(newKey());
  const cookie = leftOverCookie(url);
  expect(cookie).toMatch(/^__Host-orleft=[0-9a-f]{64}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  expect(leftOverUrlOf(cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";")))).toBe(url);
  expect(url.startsWith(`${env().OPENROUTER_URL}/keys/`)).toBe(true);
});

it.each([undefined, "", "x", "A".repeat(64), "a".repeat(63), `${"a".repeat(64)}/..`, "//evil.example", "a".repeat(65)])(
  "makes no link of %j",
  (cookie) => {
    expect(leftOverUrlOf(cookie)).toBeUndefined();
  },
);
