import { randomUUID } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { config, proxy } from "@/proxy";
import { setTestEnv } from "./support/env";
import { apiRequest, sessionCookie } from "./support/requests";

afterEach(() => setTestEnv());
const visit = (path: string, headers: Record<string, string> = {}, cookie?: string) =>
  proxy(apiRequest(path, { headers, cookie }));
/** What Next hands on to the page: NextResponse carries it in headers of its own. */
const passedOn = (response: Response, name: string) => response.headers.get(`x-middleware-request-${name}`);
const nonceOf = (policy: string | null) => /'nonce-([^']+)'/.exec(policy ?? "")?.[1];
const cookieOf = () => sessionCookie({ sub: randomUUID(), sid: randomUUID(), sv: 1 });

it("draws a fresh nonce for each of 100 views and hands the page the same one", async () => {
  const nonces = new Set<string>();
  for (let view = 0; view < 100; view++) {
    const response = await visit("/sign-in");
    const nonce = nonceOf(response.headers.get("content-security-policy")) ?? "";
    expect(Buffer.from(nonce, "base64")).toHaveLength(16);
    expect(passedOn(response, "x-nonce")).toBe(nonce);
    expect(nonceOf(passedOn(response, "content-security-policy"))).toBe(nonce);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(100);
});

it.each(["/sign-in", "/api/chat", "/api/openrouter/callback"])(
  "drops what a client sends in place of our headers: %s",
  async (path) => {
    const sent = {
      "x-nonce": "mine",
      "content-security-policy": "script-src 'nonce-mine'",
      "x-request-id": "mine-0000",
    };
    const response = await visit(path, { ...sent, "content-security-policy-report-only": "script-src 'nonce-mine'" });
    const all = JSON.stringify([...response.headers]);
    expect(all).not.toContain("mine");
    expect(response.headers.get("x-middleware-override-headers")).not.toContain("report-only");
  },
);

it("gives each request an id and hands it on", async () => {
  const [one, two] = [await visit("/api/chat"), await visit("/api/chat")];
  expect(one.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(passedOn(one, "x-request-id")).toBe(one.headers.get("x-request-id"));
  expect(one.headers.get("x-request-id")).not.toBe(two.headers.get("x-request-id"));
});

it("gives data no nonce and nothing to load, but the callback's page a nonce and no referrer", async () => {
  const data = await visit("/api/chat");
  expect(data.headers.get("content-security-policy")).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
  expect(passedOn(data, "x-nonce")).toBeNull();
  const callback = await visit("/api/openrouter/callback?code=c&state=s");
  expect(nonceOf(callback.headers.get("content-security-policy"))).toBe(passedOn(callback, "x-nonce"));
  expect(callback.headers.get("referrer-policy")).toBe("no-referrer");
});

it.each([
  ["/", "/sign-in"],
  ["/?q=1", "/sign-in?callbackUrl=%2F%3Fq%3D1"],
  ["/c/123?x=y&_rsc=abc", "/sign-in?callbackUrl=%2Fc%2F123%3Fx%3Dy"],
  ["/settings/keys", "/sign-in?callbackUrl=%2Fsettings%2Fkeys"],
  ["/settings", "/sign-in?callbackUrl=%2Fsettings"],
  ["/admin/users", "/sign-in?callbackUrl=%2Fadmin%2Fusers"],
])("sends a visitor of %s who is signed out to %s", async (path, target) => {
  const response = await visit(path);
  expect(response.status).toBe(307);
  expect(response.headers.get("location")).toBe(`http://localhost:3000${target}`);
  expect(response.headers.get("cache-control")).toBe("private, no-store");
});

it("never leads to a host that the request names", async () => {
  setTestEnv({ NEXT_PUBLIC_APP_URL: "https://chat.example.org" });
  const response = await visit("/c/1", { host: "evil.example", "x-forwarded-host": "evil.example" });
  expect(response.headers.get("location")).toBe("https://chat.example.org/sign-in?callbackUrl=%2Fc%2F1");
});

it.each(["/sign-in", "/register", "/api/chat", "/api/health", "/nowhere", "/settingsx", "/cx"])(
  "lets a visitor of %s through",
  async (path) => expect((await visit(path)).headers.get("x-middleware-next")).toBe("1"),
);

it("lets a browser with our cookie through, and none with a forged one", async () => {
  expect((await visit("/c/1", {}, await cookieOf())).status).toBe(200);
  expect((await visit("/c/1", {}, "next-auth.session-token=forged")).status).toBe(307);
  const { cookie } = { cookie: await sessionCookie({ sub: randomUUID(), sid: randomUUID(), sv: 1 }, "x".repeat(40)) };
  expect((await visit("/c/1", {}, cookie)).status).toBe(307);
});

it("tells browsers to stay on https where the site is https", async () => {
  expect((await visit("/sign-in")).headers.get("strict-transport-security")).toBeNull();
  setTestEnv({ NEXT_PUBLIC_APP_URL: "https://chat.example.org" });
  expect((await visit("/sign-in")).headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
});

it("runs on everything but built files and the chat, which sends its headers itself", () => {
  const matcher = new RegExp(`^${config.matcher[0]}$`);
  for (const path of ["/", "/c/1", "/api/chat/1/stop", "/api/chats", "/_next/data/x/c/1.json", "/icon.svg"])
    expect(path).toMatch(matcher);
  for (const path of ["/_next/static/chunks/a.js", "/api/chat"]) expect(path).not.toMatch(matcher);
});
