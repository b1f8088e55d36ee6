import { expect, it } from "vitest";
import { constantHeaders, dataPolicy, pagePolicy } from "@/lib/http/headers";
import config from "@/next.config";

const page = pagePolicy("bm9uY2U=", { isHttps: true, isDevelopment: false });

it("lets pages run scripts by nonce only, and load from this site only", () => {
  const directives = new Map(page.split("; ").map((part) => [part.split(" ")[0], part.split(" ").slice(1).join(" ")]));
  expect(directives.get("default-src")).toBe("'none'");
  expect(directives.get("script-src")).toBe("'nonce-bm9uY2U=' 'strict-dynamic'");
  expect(directives.get("style-src")).toBe("'self' 'nonce-bm9uY2U='");
  expect(directives.get("connect-src")).toBe("'self'");
  for (const name of ["base-uri", "frame-ancestors", "object-src"]) expect(directives.get(name), name).toBe("'none'");
  expect(page).not.toContain("unsafe-eval");
  expect(page).not.toMatch(/https?:|\*/);
});

it("gives development its eval and its socket, and plain http no upgrade", () => {
  const development = pagePolicy("bm9uY2U=", { isHttps: false, isDevelopment: true });
  expect(development).toContain("'strict-dynamic' 'unsafe-eval'");
  expect(development).toContain("connect-src 'self' ws:");
  expect(development).not.toContain("upgrade-insecure-requests");
});

it("lets answers that are no pages load and run nothing", () => {
  expect(dataPolicy).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
});

it("sends the constant headers on every path, also static files and errors", async () => {
  const rules = (await config.headers?.()) ?? [];
  const everywhere = rules.find((rule) => rule.source === "/:path*" && !rule.has);
  expect(Object.fromEntries(everywhere?.headers.map(({ key, value }) => [key, value]) ?? [])).toEqual(constantHeaders);
  expect(constantHeaders).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  });
});

it("sends HSTS with what came over https only", async () => {
  const rules = (await config.headers?.()) ?? [];
  const hsts = rules.filter((rule) => rule.headers.some(({ key }) => key === "strict-transport-security"));
  expect(hsts.map((rule) => rule.has)).toEqual([[{ type: "header", key: "x-forwarded-proto", value: "https" }]]);
});
