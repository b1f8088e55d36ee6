import { expect, it } from "vitest";
import { CONNECT_FAILURES } from "@/lib/openrouter/outcome";
import { popupPage } from "@/lib/openrouter/popup-page";

const page = { attemptId: "0190a5c3-0000-7000-8000-000000000000", returnTo: "/settings/keys", nonce: "bm9uY2U=" };

it.each(["connected", ...CONNECT_FAILURES] as const)("tells the channel %s and nothing else", (outcome) => {
  const html = popupPage({ ...page, outcome });
  const message = /postMessage\((.*)\);/.exec(html)?.[1] ?? "";
  expect(JSON.parse(message)).toEqual({ type: "openrouter", attempt: page.attemptId, outcome });
  expect(html).toContain('new BroadcastChannel("chatelaine:openrouter")');
  expect(html).toContain(`href="/settings/keys?openrouter=${outcome}"`);
});

it("closes only when the tab of this very attempt has heard, and else goes on to the result by itself", () => {
  const html = popupPage({ ...page, outcome: "connected" });
  expect(html).toContain(`data.attempt !== "${page.attemptId}"`);
  expect(html).toContain("location.replace");
  expect(html.match(/window\.close/g)).toHaveLength(1);
});

it("has one script, under the nonce, and no other place where code could run", () => {
  const html = popupPage({ ...page, outcome: "connected" });
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).toContain('<script nonce="bm9uY2U=">');
  expect(html).not.toMatch(/\son\w+=|javascript:|style=|<link|<img|src=/);
});

it("shows a path as text, whatever is in it", () => {
  const html = popupPage({ ...page, outcome: "denied", returnTo: `/c/1?q="><script>alert(1)</script>'` });
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).not.toContain('q=">');
});
