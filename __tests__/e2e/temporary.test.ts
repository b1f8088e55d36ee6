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
let client: ReturnType<typeof visitor>;
let cookies: { name: string; value: string; url: string }[];
const violations: string[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0, text: "A secret of brass." } });
  const shared = emulator.createKey({ label: "shared" });
  server = await startServer({ env: { OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared.key } });
  client = visitor(server.url);
  await client.post("/api/auth/register", account);
  await signIn(client, account);
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

async function open(size: { width: number; height: number }): Promise<Page> {
  const page = await newPage(browser, size);
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => violations.push(error.message));
  page.on("console", (message) => {
    if (/content security policy|hydration|Minified React error/i.test(message.text())) violations.push(message.text());
  });
  await page.context().addCookies(cookies);
  await page.goto(server.url, { waitUntil: "networkidle" });
  return page;
}
const field = (page: Page) => page.getByRole("textbox", { name: "Message" });
const temporary = (page: Page) => page.getByRole("button", { name: "Temporary" });
async function becomeTemporary(page: Page) {
  await temporary(page).click();
  await page.getByText("Nothing you write or read here is stored on this site.").waitFor();
}
const answers = (page: Page) => page.getByRole("article", { name: "Answer" });
async function ask(page: Page, words: string) {
  await field(page).fill(words);
  await page.getByRole("button", { name: "Send" }).click();
}
const histories = () =>
  emulator
    .requests()
    .filter(({ path }) => path === "/api/v1/chat/completions")
    .map(({ body }) => (body as { messages: { role: string }[] }).messages.map(({ role }) => role));

describe.each([
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
])("at $width x $height", (size) => {
  it("a temporary chat says what it is, remembers on the page, stores nothing and is gone after a reload that asks first", async () => {
    const page = await open(size);
    await becomeTemporary(page);
    await expectAccessible(page);
    emulator.clearRequests();
    await ask(page, "I am Hildegard");
    await answers(page).first().getByText("A secret of brass.").waitFor();
    await ask(page, "And who am I?");
    await expect.poll(() => answers(page).count()).toBe(2);
    await expect.poll(() => page.getByRole("button", { name: "Stop" }).count()).toBe(0);
    expect(histories()).toEqual([["user"], ["user", "assistant", "user"]]);
    await page.getByText("Temporary: nothing is stored here. A reload or a new chat ends it.").waitFor();
    await expectAccessible(page);
    expect(new URL(page.url()).pathname).toBe("/");
    const { items } = (await (await client.get("/api/conversations")).json()) as { items: unknown[] };
    expect(items).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("Hildegard");

    const asked: string[] = [];
    page.once("dialog", (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await page.reload();
    expect(asked).toEqual(["beforeunload"]);
    await temporary(page).waitFor();
    expect(await page.getByText("Hildegard").count()).toBe(0);
    await page.context().close();
  });
});

it("Esc stops its answer at the provider, and a new chat is an ordinary one again", async () => {
  const page = await open({ width: 1440, height: 900 });
  await becomeTemporary(page);
  emulator.set({ tokenMs: 20, tokens: 2000 });
  emulator.clearRequests();
  await ask(page, "Go on and on");
  await answers(page).first().getByText("secret").first().waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => emulator.requests().some(({ aborted }) => aborted), { timeout: 2000 }).toBe(true);
  emulator.set({ tokenMs: 0, tokens: null });
  await page.keyboard.press("Control+Shift+O");
  await page.getByRole("heading", { name: "What would you like to know?" }).waitFor();
  expect(await temporary(page).getAttribute("aria-pressed")).toBe("false");
  await ask(page, "Hello");
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/c\//);
  await page.context().close();
});

it("nothing of this broke the page's policy", () => expect(violations).toEqual([]));
