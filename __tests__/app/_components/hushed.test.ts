// @vitest-environment happy-dom
import { afterEach, expect, it } from "vitest";
import { HUSHED_COOKIE, hush, readHushed } from "@/app/_components/hushed";
import { noticeOf } from "../../support/browser-keys";

const cookie = () => new RegExp(`${HUSHED_COOKIE}=([^;]*)`).exec(document.cookie)?.[1];
afterEach(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: as the code under test does
  document.cookie = `${HUSHED_COOKIE}=; Max-Age=0; Path=/`;
});

it("is read back as it was put away, beside what was already", () => {
  const first = hush(noticeOf(), []);
  const both = hush(noticeOf({ provider: "xai", kind: "rotation_due" }), first);
  expect(readHushed(cookie())).toEqual(both);
  expect(both).toEqual(["openai.invalid", "xai.rotation_due"]);
});

it("keeps one of each, and not without end", () => {
  const many = Array.from({ length: 40 }, (_, n) => `openai.kind${"_".repeat(n)}`);
  expect(hush(noticeOf(), ["openai.invalid"])).toEqual(["openai.invalid"]);
  expect(hush(noticeOf(), many)).toHaveLength(20);
  expect(readHushed(cookie())).toContain("openai.invalid");
});

it.each([undefined, "", "<script>", "openai", "__proto__", "openai.invalid;x=y", "---"])(
  "takes nothing else for a notice: %j",
  (text) => {
    expect(readHushed(text)).toEqual([]);
  },
);
