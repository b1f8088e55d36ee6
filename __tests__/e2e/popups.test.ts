import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Server, startServer } from "@/__tests__/support/server";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const CHANNEL = "chatelaine:openrouter";

let emulator: Emulator;
let server: Server;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const violations: string[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0, text: "Keys." } });
  server = await startServer({ env: { OPENROUTER_URL: emulator.url, RATE_LIMIT_FACTOR: "10" } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.close();
});

let person = 0;
/** Somebody new on their Keys page. */
beforeEach(async () => {
  await context?.close();
  const account = { email: `p${person++}@example.org`, password: "correct horse battery staple" };
  const client = visitor(server.url);
  await client.post("/api/auth/register", account);
  await signIn(client, account);
  page = await newPage(browser);
  context = page.context();
  context.setDefaultTimeout(10_000);
  const cookies = client.cookie().split("; ");
  await context.addCookies(
    cookies.map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: server.url };
    }),
  );
  watch(page);
  await page.goto(`${server.url}/settings/keys`);
  await connectLink(page).waitFor();
});

function watch(one: Page) {
  one.on("console", (message) => {
    if (/content security policy|hydration|Minified React error/i.test(message.text())) violations.push(message.text());
  });
  one.on("pageerror", (error) => violations.push(error.message));
}

const connectLink = (one: Page) => one.getByRole("button", { name: "Connect OpenRouter" });
const signInLink = (one: Page) =>
  one.getByRole("dialog").getByRole("link", { name: /Sign in with OpenRouter|Open OpenRouter again/ });

async function openDialog(one: Page) {
  await connectLink(one).click();
  await signInLink(one).waitFor();
}
/** Presses the link and waits for the consent page in its popup. */
async function openPopup(one: Page): Promise<Page> {
  if (!(await one.getByRole("dialog").isVisible())) await openDialog(one);
  const [popup] = await Promise.all([one.waitForEvent("popup"), signInLink(one).click()]);
  watch(popup);
  await popup.getByRole("button", { name: "Allow" }).waitFor();
  return popup;
}
const decide = (popup: Page, what: "Allow" | "Deny") => popup.getByRole("button", { name: what }).click();
const isConnected = async () =>
  ((await (await context.request.get(`${server.url}/api/openrouter/status`)).json()) as { connected: boolean })
    .connected;
const connected = (one: Page) => one.getByText(/OpenRouter is connected\./).first();
const notConnected = (one: Page) => one.getByText(/declined there/).first();

describe("S36: a popup", () => {
  it("that succeeds closes, and its page learns it without a reload", async () => {
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    const popup = await openPopup(page);
    await Promise.all([popup.waitForEvent("close"), decide(popup, "Allow")]);
    await connected(page).waitFor();
    expect(await page.evaluate(() => "notReloaded" in window)).toBe(true);
    expect(await isConnected()).toBe(true);
  });

  it("that is denied closes, and its page says so", async () => {
    const popup = await openPopup(page);
    await Promise.all([popup.waitForEvent("close"), decide(popup, "Deny")]);
    await notConnected(page).waitFor();
    expect(await isConnected()).toBe(false);
  });

  it("of which another site says that it succeeded is not believed", async () => {
    const popup = await openPopup(page); // shows a page of another origin
    await popup.evaluate((name) => {
      const message = { type: "openrouter", attempt: "x", outcome: "connected" };
      new BroadcastChannel(name).postMessage(message);
      window.opener?.postMessage(message, "*");
      window.postMessage(message, "*");
    }, CHANNEL);
    await page.waitForTimeout(500);
    expect(await connected(page).isVisible()).toBe(false);
    expect(await popup.evaluate(() => window.opener)).toBe(null); // COOP has cut it
    await Promise.all([popup.waitForEvent("close"), decide(popup, "Allow")]);
    await connected(page).waitFor();
  });

  it.each([
    ["another type", { type: "connected", attempt: "own", outcome: "connected" }],
    ["no type", { attempt: "own", outcome: "connected" }],
    ["an unknown outcome", { type: "openrouter", attempt: "own", outcome: "<img src=x>" }],
    ["an attempt that is not this page's", { type: "openrouter", attempt: "0190a5c3", outcome: "connected" }],
    ["no attempt", { type: "openrouter", outcome: "denied" }],
    ["a bare word", "connected"],
  ])("is not taken for finished by a message of %s", async (_what, message) => {
    const popup = await openPopup(page);
    const other = await context.newPage();
    await other.goto(`${server.url}/settings/appearance`);
    const own = await page.evaluate(() => JSON.parse(sessionStorage.getItem("chatelaine:connect-attempts") ?? "[]")[0]);
    expect(own).toMatch(/^[0-9a-f-]{36}$/);
    const said =
      typeof message === "string"
        ? message
        : { ...message, ...("attempt" in message && message.attempt === "own" && { attempt: own }) };
    await other.evaluate(([name, data]) => new BroadcastChannel(name as string).postMessage(data), [CHANNEL, said]);
    await page.waitForTimeout(500);
    expect(await connected(page).isVisible()).toBe(false);
    expect(await notConnected(page).isVisible()).toBe(false);
    expect(popup.isClosed()).toBe(false);
  });

  it("whose page was closed goes on in its own window", async () => {
    const popup = await openPopup(page);
    await page.close();
    await decide(popup, "Allow");
    await popup.waitForURL(`${server.url}/settings/keys**`);
    await connected(popup).waitFor();
    expect(await isConnected()).toBe(true);
  });

  it("whose page was loaded anew meanwhile still closes and is told there", async () => {
    const popup = await openPopup(page);
    await page.reload();
    await connectLink(page).waitFor();
    await Promise.all([popup.waitForEvent("close"), decide(popup, "Allow")]);
    await connected(page).waitFor();
  });

  it("whose page went on to another site goes on in its own window", async () => {
    const popup = await openPopup(page);
    await page.goto(emulator.url);
    await decide(popup, "Allow");
    await connected(popup).waitFor();
  });

  it("that the browser blocks is no obstacle: the whole page goes there and comes back with the result", async () => {
    await page.evaluate(() => Object.assign(window, { open: () => null }));
    await openDialog(page);
    await signInLink(page).click();
    await decide(page, "Allow");
    await connected(page).waitFor();
    expect(new URL(page.url()).pathname).toBe("/settings/keys");
    expect(await isConnected()).toBe(true);
  });

  it("closed by hand leaves a page that can start again, in a popup or in its own window", async () => {
    const popup = await openPopup(page);
    await popup.close();
    await page.getByRole("dialog").getByRole("link", { name: "Go on in this window" }).waitFor();
    expect(await isConnected()).toBe(false);
    const second = await openPopup(page);
    await Promise.all([second.waitForEvent("close"), decide(second, "Allow")]);
    await connected(page).waitFor();
  });

  it("of another tab is told there only, while this tab sees the new state", async () => {
    const other = await context.newPage();
    watch(other);
    await other.goto(`${server.url}/settings/keys`);
    await connectLink(other).waitFor();
    const popup = await openPopup(page);
    await Promise.all([popup.waitForEvent("close"), decide(popup, "Deny")]);
    await notConnected(page).waitFor();
    expect(await notConnected(other).isVisible()).toBe(false);
    const again = await openPopup(page);
    await Promise.all([again.waitForEvent("close"), decide(again, "Allow")]);
    await connected(page).waitFor();
    await other.getByRole("button", { name: "Disconnect" }).waitFor();
    expect(await connected(other).isVisible()).toBe(false);
  });

  it("beside a second one: each ends as was decided in it, and each page is told of its own", async () => {
    const other = await context.newPage();
    watch(other);
    await other.goto(`${server.url}/settings/keys`);
    await connectLink(other).waitFor();
    const [first, second] = [await openPopup(page), await openPopup(other)];
    await Promise.all([second.waitForEvent("close"), decide(second, "Deny")]);
    await notConnected(other).waitFor();
    expect(await notConnected(page).isVisible()).toBe(false);
    await Promise.all([first.waitForEvent("close"), decide(first, "Allow")]);
    await connected(page).waitFor();
    expect(await connected(other).isVisible()).toBe(false);
    expect(await isConnected()).toBe(true);
  });
});

describe("sign in with OpenRouter", () => {
  it("makes the account and connects the key in one step, finds it again, and leads where one was going", async () => {
    await context.clearCookies();
    await page.goto(`${server.url}/settings/account`);
    await expect.poll(() => new URL(page.url()).pathname).toBe("/sign-in");
    await page.getByRole("link", { name: "Sign in with OpenRouter" }).click();
    await decide(page, "Allow");
    await expect.poll(() => new URL(page.url()).pathname).toBe("/settings/account");
    await page.getByText("you sign in with OpenRouter, which does not tell it").waitFor();
    expect(await isConnected()).toBe(true);
    const conversation = await context.request.post(`${server.url}/api/conversations`, {
      data: { title: "Mine alone" },
      headers: { origin: server.url },
    });
    expect(conversation.status()).toBe(201);

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe("/sign-in");
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByRole("link", { name: "Continue with OpenRouter" }).click();
    await decide(page, "Allow");
    await page.getByRole("link", { name: "Mine alone" }).waitFor();
    await page.getByText(/OpenRouter is connected\./).waitFor();
    await expect.poll(() => new URL(page.url()).search).toBe("");
    await page.getByRole("button", { name: "Account of Your account" }).waitFor();
  });

  it("that is denied says on the sign-in page what that means, and loses nothing", async () => {
    await context.clearCookies();
    await page.goto(`${server.url}/sign-in?callbackUrl=%2Fsettings%2Fsecurity`);
    await page.getByRole("link", { name: "Sign in with OpenRouter" }).click();
    await decide(page, "Deny");
    await page.getByText("No account was made, you are not signed in, and nothing was charged.").waitFor();
    await page.getByRole("link", { name: "Sign in with OpenRouter" }).click();
    await decide(page, "Allow");
    await expect.poll(() => new URL(page.url()).pathname).toBe("/settings/security");
    await page.getByText("this browser").waitFor();
    await page.getByText("You signed in with OpenRouter").first().waitFor();
  });
});

it("the page learns where this very key can be revoked", async () => {
  const popup = await openPopup(page);
  await Promise.all([popup.waitForEvent("close"), decide(popup, "Allow")]);
  await connected(page).waitFor();
  const url = await page.evaluate(async () => {
    const headers = { accept: "application/json" };
    const response = await fetch("/api/openrouter/revoke", { method: "POST", headers });
    return ((await response.json()) as { url: string }).url;
  });
  expect(url.replace(/[0-9a-f]{64}$/, "")).toBe(`${emulator.url}/keys/`);
  await page.goto(url);
  await page.getByRole("button", { name: "Revoke" }).waitFor();
});

it("met no violation of the content security policy and no error of hydration anywhere", () => {
  expect(violations).toEqual([]);
});
