import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Server, startServer } from "@/__tests__/support/server";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const account = { email: "keeper@example.org", password: "correct horse battery" };

let emulator: Emulator;
let server: Server;
let browser: Browser;
let cookies: { name: string; value: string; url: string }[];
let conversation: string;
const violations: string[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0, text: "A key of brass." } });
  const shared = emulator.createKey({ label: "shared" });
  server = await startServer({ env: { OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared.key } });
  const client = visitor(server.url);
  await client.post("/api/auth/register", account);
  await signIn(client, account);
  conversation = crypto.randomUUID();
  const message = {
    id: crypto.randomUUID(),
    role: "user",
    parts: [{ type: "text", text: "Of chatelaines and rings" }],
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

async function open(path: string, size = { width: 1440, height: 900 }): Promise<Page> {
  const page = await newPage(browser, size);
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => violations.push(error.message));
  page.on("console", (message) => {
    if (/content security policy|hydration|Minified React error/i.test(message.text())) violations.push(message.text());
  });
  await page.context().addCookies(cookies);
  await page.goto(server.url + path, { waitUntil: "networkidle" });
  return page;
}
const palette = (page: Page) => page.getByRole("dialog", { name: "Commands" });
/** Its program is loaded when it is first asked for; before that, letters go where the focus is. */
async function openPalette(page: Page) {
  await page.keyboard.press("Control+k");
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("combobox");
}
const pathOf = (page: Page) => new URL(page.url()).pathname;

describe("by keyboard alone", () => {
  it("Ctrl K finds a conversation by its words and opens it", async () => {
    const page = await open("/");
    await openPalette(page);
    await page.keyboard.type("chatelaines");
    await palette(page).getByText("Of chatelaines and rings").first().waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Enter");
    await expect.poll(() => pathOf(page)).toBe(`/c/${conversation}`);
    await page.context().close();
  });

  it("Ctrl K switches the model, the theme and the page, and Esc gives the focus back", async () => {
    const page = await open("/");
    const field = page.getByRole("textbox", { name: "Message" });
    await field.focus();
    await openPalette(page);
    await page.keyboard.press("Escape");
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);

    await openPalette(page);
    await page.keyboard.type("switch the model");
    await page.keyboard.press("Enter");
    await page.getByPlaceholder("Search models").waitFor();
    await page.keyboard.press("Escape");

    await openPalette(page);
    await page.keyboard.type("dark theme");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");

    await openPalette(page);
    await page.keyboard.type("keys settings");
    await page.keyboard.press("Enter");
    await expect.poll(() => pathOf(page)).toBe("/settings/keys");
    await page.keyboard.press("Control+Shift+O");
    await expect.poll(() => pathOf(page)).toBe("/");
    await page.context().close();
  });

  it("/ writes, ? lists the shortcuts but not while one writes, and what is not there is said", async () => {
    const page = await open("/");
    await page.evaluate(() => (document.activeElement as HTMLElement)?.blur());
    await page.keyboard.press("/");
    await page.keyboard.type("why?");
    expect(await page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("why?");
    expect(await page.getByRole("dialog", { name: "Keyboard shortcuts" }).count()).toBe(0);
    await page.evaluate(() => (document.activeElement as HTMLElement)?.blur());
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await openPalette(page);
    await page.keyboard.type("nothing is called so");
    await palette(page).getByText("No command and no conversation has that.").waitFor();
    await page.context().close();
  });
});

it("on a phone it fits the page", async () => {
  const page = await open("/", { width: 390, height: 844 });
  await openPalette(page);
  await expectAccessible(page);
  const box = await palette(page).boundingBox();
  expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true);
  await page.context().close();
});

it("nothing of this broke the page's policy", () => expect(violations).toEqual([]));
