import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Server, startServer } from "@/__tests__/support/server";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const MARKDOWN = `# Keys\n\nA **ring** holds them.\n\n| lock | key |\n| --- | --- |\n| door | iron |\n\n\`\`\`ts\nconst key = ring.get("door");\n\`\`\`\n\n[a link](https://example.org) ![tracker](https://evil.example/pixel.png) <img src=x onerror=alert(1)> [bad](javascript:alert(1))`;
const account = {
  email: "somebody-with-a-rather-long-name@departments.example.org",
  password: "correct horse battery",
};

let emulator: Emulator;
let server: Server;
let browser: Browser;
let cookies: { name: string; value: string; url: string }[];
let conversation: string;

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0, text: MARKDOWN } });
  const shared = emulator.createKey({ label: "shared" });
  server = await startServer({ env: { OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared.key } });
  const client = visitor(server.url);
  await client.post("/api/auth/register", account);
  await signIn(client, account);
  conversation = crypto.randomUUID();
  const message = {
    id: crypto.randomUUID(),
    role: "user",
    parts: [{ type: "text", text: `Tell me about ${"keys and ".repeat(30)}` }],
  };
  await (await client.post("/api/chat", { id: conversation, message })).text();
  cookies = client
    .cookie()
    .split("; ")
    .map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: server.url };
    });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.close();
});

async function open(
  path: string,
  options: Parameters<typeof newPage>[1],
  signedIn = true,
): Promise<{ page: Page; trouble: string[] }> {
  const page = await newPage(browser, options);
  page.setDefaultTimeout(10_000);
  const trouble: string[] = [];
  page.on(
    "console",
    (message) => message.type() === "error" && !/404/.test(message.text()) && trouble.push(message.text()),
  );
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on(
    "request",
    (request) =>
      !request.url().startsWith(server.url) &&
      !/^(data|blob):/.test(request.url()) &&
      trouble.push(`asked ${request.url()}`),
  );
  if (signedIn) await page.context().addCookies(cookies);
  await page.goto(server.url + path, { waitUntil: "networkidle" });
  return { page, trouble };
}

const pages: [string, () => string, boolean][] = [
  ["sign-in", () => "/sign-in", false],
  ["register", () => "/register", false],
  ["a new chat", () => "/", true],
  ["a conversation", () => `/c/${conversation}`, true],
  ["the keys", () => "/settings/keys", true],
  ["the tokens", () => "/settings/tokens", true],
  ["the security log", () => "/settings/security", true],
  ["the account", () => "/settings/account", true],
  ["the appearance", () => "/settings/appearance", true],
  ["what is not there", () => "/nowhere", true],
];
const looks = [
  { width: 390, height: 844, dark: false },
  { width: 390, height: 844, dark: true },
  { width: 1440, height: 900, dark: false },
  { width: 1440, height: 900, dark: true },
];

describe.each(looks)("at $width x $height, dark: $dark,", (look) => {
  it.each(pages)(
    "%s has no fault that axe finds, asks no other host, breaks no policy and scrolls in one direction only",
    async (_, path, signedIn) => {
      const { page, trouble } = await open(path(), look, signedIn);
      await expectAccessible(page);
      expect(trouble).toEqual([]);
      await page.context().close();
    },
  );
});

it("a hostile answer loads nothing, runs nothing, and its links say no more than they are", async () => {
  const { page, trouble } = await open(`/c/${conversation}`, {});
  const answer = page.getByRole("article", { name: "Answer" });
  await answer.getByRole("table").waitFor();
  expect(await answer.locator("img[src^='http'], script, iframe, [onerror]").count()).toBe(0);
  expect(await answer.locator("a[href^='javascript']").count()).toBe(0);
  expect(trouble).toEqual([]);
  await page.context().close();
});

it("the first chat page loads less than 250 kB of script, compressed", async () => {
  const page = await newPage(browser);
  await page.context().addCookies(cookies);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const scripts = new Set<string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, type }) => type === "Script" && scripts.add(requestId));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await page.goto(server.url, { waitUntil: "networkidle" });
  expect(scripts.size).toBeGreaterThan(3);
  expect(bytes).toBeLessThan(250_000);
  await page.context().close();
});

describe("headers", () => {
  const get = (path: string, init: RequestInit = {}) => fetch(server.url + path, { redirect: "manual", ...init });
  const cookie = () => cookies.map(({ name, value }) => `${name}=${value}`).join("; ");

  it.each([
    "/sign-in",
    "/",
    "/settings/keys",
    "/nowhere",
    "/api/health",
    "/api/conversations",
    "/api/nothing",
    "/icon.svg",
    "/api/chat",
    "/api/openrouter/callback?state=x",
  ])("of %s tell the browser to trust as little as possible", async (path) => {
    for (const headers of [{}, { cookie: cookie() }] as Record<string, string>[]) {
      const response = await get(path, { headers });
      const sent = Object.fromEntries(response.headers);
      expect(sent).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": path.includes("callback") ? "no-referrer" : "strict-origin-when-cross-origin",
        "permissions-policy": expect.stringContaining("camera=()"),
        "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(sent["content-security-policy"]).toMatch(/^default-src 'none'; /);
      expect(sent["content-security-policy"]).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|\*/);
      expect(sent["x-powered-by"]).toBeUndefined();
    }
  });

  it("carry another nonce each time, also on pages that are not there, and never one that the client sent", async () => {
    const nonces = new Set<string>();
    for (let n = 0; n < 60; n++) {
      const response = await get(n % 2 ? "/sign-in" : "/nowhere", {
        headers: {
          "x-nonce": "mine",
          "content-security-policy": "script-src 'nonce-mine'",
          "x-request-id": "mine-mine",
        },
      });
      const nonce = /'nonce-([^']+)'/.exec(response.headers.get("content-security-policy") ?? "")?.[1] ?? "";
      expect(nonce).toMatch(/^[\w+/]{22}==$/);
      expect(await response.text()).not.toContain("mine");
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(60);
  });

  it("of links and redirects never follow a forged host", async () => {
    const forged = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", forwarded: "host=evil.example" };
    for (const path of ["/", "/settings/keys", "/api/openrouter/connect", "/api/auth/providers", "/api/auth/signin"]) {
      const response = await get(path, { headers: { ...forged, accept: "text/html" } });
      expect(`${response.headers.get("location")} ${await response.text()}`).not.toContain("evil.example");
    }
    const connect = await get("/api/openrouter/connect", { headers: { ...forged, cookie: cookie() } });
    expect(new URL(new URL(connect.headers.get("location") ?? "").searchParams.get("callback_url") ?? "").origin).toBe(
      server.url,
    );
  });
});
