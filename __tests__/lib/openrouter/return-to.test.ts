import { describe, expect, it } from "vitest";
import { DEFAULT_RETURN_TO, safeReturnTo, withOutcome } from "@/lib/openrouter/return-to";

const app = "https://app.example";

describe("S34: never leaves the site", () => {
  const hostile = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example",
    "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/\r\n/evil.example", "\u0000//evil.example",
    "/\u0000/evil.example", " //evil.example", "\u00a0//evil.example", "\ufeff//evil.example", "/\u200b/evil.example",
    "https://evil.example", "HTTPS://evil.example", "https:evil.example", "https:/evil.example", "https:\\\\evil.example",
    "http://app.example", "https://app.example.evil.example", "https://app.example@evil.example",
    "https://app.example:444/", "//app.example@evil.example/x", "@evil.example", "evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://app.example/x",
    "file:///etc/passwd", "／／evil.example", "/／evil.example", "⁄⁄evil.example", "/..//evil.example", "/.//evil.example",
    "/x/..//evil.example", "/./\\evil.example", "/%09/../..//evil.example", "/settings\r\nset-cookie: a=b",
    "/ä//evil.example", `/${"a".repeat(8192)}`, "?x=//evil.example", "#//evil.example", "", "   ",
  ]; // biome-ignore format: a list
  it.each(hostile)("%j", (given) => {
    const path = safeReturnTo(given, app);
    expect(path).toBe(DEFAULT_RETURN_TO);
  });

  it.each([
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "/settings/%2e%2e//evil.example",
    "/a//b",
    "/@evil.example",
    "/:@evil",
  ])("%j stays here, whoever parses it next", (given) => {
    const path = safeReturnTo(given, app);
    expect(new URL(path, app).origin).toBe(app);
    expect(path).toMatch(/^\/(?![/\\])/);
  });
});

it.each(["/", "/settings/keys", "/c/7f0c", "/c/1?draft=a%20b&x=1", "/search?q=%2F%2Fevil"])(
  "leads back to %s",
  (given) => {
    expect(safeReturnTo(given, app)).toBe(given);
  },
);

it.each([null, undefined, "/api/openrouter/connect", "/api", "/API/auth/signout", "/x/../api/x"])(
  "leads to the settings instead of %j",
  (given) => {
    expect(safeReturnTo(given, app)).toBe("/settings/keys");
  },
);

it("leaves out fragment and the result of an earlier attempt", () => {
  expect(safeReturnTo("/settings/keys?a=1&openrouter=connected#top", app)).toBe("/settings/keys?a=1");
});

it.each([
  ["/settings/keys", "/settings/keys?openrouter=connected"],
  ["/c/1?x=a%26b", "/c/1?x=a%26b&openrouter=connected"],
  ["/c/1?q=a?b", "/c/1?q=a?b&openrouter=connected"],
])("adds the result to %s", (path, expected) => {
  expect(withOutcome(path, "connected")).toBe(expected);
});
