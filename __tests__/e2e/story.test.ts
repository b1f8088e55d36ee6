import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Server, startServer } from "@/__tests__/support/server";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

type LoggedEvent = { seq: number; action: string; provider: string | null; detail: Record<string, unknown> };

const ANSWER = "A chatelaine was the **ring** on which the keeper of a house carried its keys.";
const PASSWORD = "correct horse battery staple";
const email = "keeper@example.org";

let emulator: Emulator;
let server: Server;
let browser: Browser;
let page: Page;
let sharedHash: string;
const violations: string[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 20, tokenMs: 5, text: ANSWER } });
  const shared = emulator.createKey({ label: "shared" });
  sharedHash = shared.hash;
  server = await startServer({
    env: { OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared.key, SHARED_KEY_DAILY_USD: "0.50" },
  });
  browser = await launchBrowser();
  page = await newPage(browser);
  page.setDefaultTimeout(10_000);
  page.on("console", (message) => {
    if (/content security policy|hydration|Minified React error/i.test(message.text())) violations.push(message.text());
  });
  page.on("pageerror", (error) => violations.push(error.message));
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.close();
});

const completions = () => emulator.requests().filter(({ path }) => path === "/api/v1/chat/completions");
const chip = () => page.getByRole("button", { name: /^Who pays:/ });
const answers = () => page.getByRole("article", { name: "Answer" });

async function ask(question: string) {
  await page.getByRole("textbox", { name: "Message" }).fill(question);
  await page.getByRole("button", { name: "Send" }).click();
}

async function grantInPopup(press: () => Promise<void>) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), press()]);
  // Waited for from before the click: it may be closed by the time the click has come back.
  await Promise.all([popup.waitForEvent("close"), popup.getByRole("button", { name: "Allow" }).click()]);
}

/** One person's whole way through the product; each step stands on the one before. */
describe("somebody who has never been here", () => {
  it("is sent from a protected page to sign-in, registers, and lands where they were going", async () => {
    await page.goto(`${server.url}/settings/keys`);
    await expect.poll(() => new URL(page.url()).pathname).toBe("/sign-in");
    await page.getByRole("link", { name: /create an account/i }).click();
    await page.getByRole("heading", { name: "Create an account" }).waitFor();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("heading", { name: "OpenRouter" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/settings/keys");
  });

  it("connects OpenRouter through the consent page, in a popup, without a reload", async () => {
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    await page.getByRole("button", { name: "Connect OpenRouter" }).click();
    await grantInPopup(() => page.getByRole("link", { name: "Sign in with OpenRouter" }).click());
    await page.getByText("OpenRouter is connected.").first().waitFor();
    expect(await page.evaluate(() => "notReloaded" in window)).toBe(true);
    expect(emulator.storedKeys().filter(({ label }) => label === "Chatelaine")).toHaveLength(1);
  });

  it("chats on the own key: that key and no other is seen upstream, and the receipt names it", async () => {
    const own = emulator.storedKeys().find(({ label }) => label === "Chatelaine");
    emulator.clearRequests();
    await page.goto(server.url);
    await chip()
      .getByText(/your OpenRouter key …/)
      .waitFor();
    await ask("What is a chatelaine?");
    await answers().getByText("the keeper of a house").waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/c\/[0-9a-f-]{36}$/);
    await answers()
      .getByText(/tokens · \$0\.\d+ .*your key …/)
      .waitFor();
    expect(completions().map(({ keyHash }) => keyHash)).toEqual([own?.hash]);
  });

  it("stops a long answer: the provider is cut off within a second and the text stays over a reload", async () => {
    emulator.set({ text: "and another key ".repeat(400), tokenMs: 20 });
    await ask("Count all the keys.");
    await answers().nth(1).getByText("and another key").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    const stoppedAt = Date.now();
    await expect.poll(() => emulator.streams().open).toBe(0);
    expect(Date.now() - stoppedAt).toBeLessThan(1000);
    await page.getByText("This answer was stopped.").waitFor();
    await page.reload();
    await page.getByText("This answer was stopped.").waitFor();
    await answers().nth(1).getByText("and another key").waitFor();
    await answers()
      .first()
      .getByText(/tokens · .*your key …/)
      .waitFor(); // the receipt of the first answer
    emulator.set({ text: ANSWER, tokenMs: 5 });
  });

  it("sees that a revoked key is refused, that nobody else's money stepped in, and reconnects with one button", async () => {
    emulator.changeKeys({ label: "Chatelaine", state: "disabled" });
    emulator.clearRequests();
    await ask("Is anybody there?");
    await page.getByText("OpenRouter no longer accepts this key.").first().waitFor();
    expect(completions().some(({ keyHash }) => keyHash === sharedHash)).toBe(false);
    await expect.poll(() => chip().innerText()).toMatch(/refused/);
    await grantInPopup(() => page.getByRole("link", { name: "Reconnect" }).first().click());
    await expect.poll(() => chip().innerText()).toMatch(/your OpenRouter key …/);
    await page.getByRole("button", { name: "Try again" }).first().click();
    await answers().last().getByText("the keeper of a house").waitFor();
  });

  it("disconnects, is told that OpenRouter still lists the key, and goes on visibly on the shared key", async () => {
    await page.goto(`${server.url}/settings/keys`);
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page
      .getByRole("dialog")
      .or(page.getByRole("alertdialog"))
      .getByRole("button", { name: "Disconnect" })
      .click();
    await page.getByText("OpenRouter still lists it").waitFor();
    expect(await page.getByRole("link", { name: "Delete it at OpenRouter" }).getAttribute("href")).toMatch(
      /\/keys\/[0-9a-f]{64}$/,
    );
    emulator.clearRequests();
    await page.goto(server.url);
    await expect.poll(() => chip().innerText()).toMatch(/shared key, \$0\.50 of \$0\.50 left today/);
    await ask("Who pays now?");
    await answers()
      .getByText(/shared key$/)
      .waitFor();
    expect(completions().map(({ keyHash }) => keyHash)).toEqual([sharedHash]);
  });

  it("forbids the shared key, and then nobody pays", async () => {
    await chip().click();
    await page.getByRole("switch", { name: "Never use the shared key" }).click();
    await page.keyboard.press("Escape");
    await expect.poll(() => chip().innerText()).toMatch(/no key/);
    emulator.clearRequests();
    await ask("And now?");
    await page.getByRole("link", { name: "Connect OpenRouter" }).first().waitFor();
    expect(completions()).toEqual([]);
  });

  it("signs out, and the copy of the cookie is worth nothing", async () => {
    const cookies = await page.context().cookies();
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe("/sign-in");
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    expect((await fetch(`${server.url}/api/conversations`, { headers: { cookie } })).status).toBe(401);
  });

  it("signs in again and finds every conversation", async () => {
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("link", { name: /What is a chatelaine/ }).waitFor();
  });

  it("S70: finds every one of these operations once in the security log", async () => {
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const answer = await fetch(`${server.url}/api/audit-events?limit=100`, { headers: { cookie } });
    const events = ((await answer.json()) as { items: LoggedEvent[] }).items.toReversed();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1));
    const isUse = ({ action }: LoggedEvent) => ["key_used", "shared_key_used"].includes(action);
    expect(events.filter((event) => !isUse(event)).map(({ action, provider }) => [action, provider])).toEqual([
      ["registered", null],
      ["signed_in", null],
      ["openrouter_connected", "openrouter"],
      ["key_rejected", "openrouter"],
      ["openrouter_connected", "openrouter"],
      ["key_removed", "openrouter"],
      ["preferences_changed", null],
      ["signed_out", null],
      ["signed_in", null],
    ]);
    // Uses are gathered; those of a slow run may stand in two events.
    const uses = new Map<string, number>();
    for (const { action, detail } of events.filter(isUse)) {
      const key = action === "key_used" ? String(detail.keyId) : "shared";
      uses.set(key, (uses.get(key) ?? 0) + Number(detail.count));
    }
    expect([...uses.values()]).toEqual([3, 1]); // the own key twice and once more after reconnecting, then the shared one
  });

  it("met no violation of the content security policy and no error of hydration anywhere", () => {
    expect(violations).toEqual([]);
  });
});
