import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { cuttableLine, type Line } from "@/__tests__/support/line";
import { type Server, startServer } from "@/__tests__/support/server";
import { probePort } from "@/lib/cli/port.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const WORDS = 500;
const numbers = Array.from({ length: WORDS }, (_, n) => `w${n}`).join(" ");

let emulator: Emulator;
let server: Server;
let browser: Browser;
let page: Page;
let line: Line;

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 20, text: numbers } });
  const port = await probePort(0);
  server = await startServer({
    env: {
      NEXT_PUBLIC_APP_URL: `http://localhost:${port}`,
      OPENROUTER_URL: emulator.url,
      OPENROUTER_API_KEY: emulator.createKey({ label: "shared" }).key,
    },
  });
  line = await cuttableLine(port, { port: Number(new URL(server.url).port) });
  browser = await launchBrowser();
  page = await newPage(browser);
  page.setDefaultTimeout(15_000);
  await page.goto(`http://localhost:${port}/register`);
  await page.getByLabel("E-mail address").fill("reader@example.org");
  await page.getByLabel("Password", { exact: true }).fill(randomUUID());
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  line?.close();
  await server?.stop();
  await emulator?.close();
});

const answer = (on: Page) => on.getByRole("article", { name: "Answer" }).last();
const ask = async () => {
  await page.goto(new URL("/", page.url()).href);
  await page.getByRole("textbox", { name: "Message" }).fill("Count.");
  await page.getByRole("button", { name: "Send" }).click();
  await answer(page).getByText("w20 ").waitFor();
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/c\//);
};
const words = async (on: Page) => ((await answer(on).innerText()).match(/\bw\d+\b/g) ?? []).join(" ");

it("an answer goes on over a reload in the middle, grows before the eyes, and is whole at its end", async () => {
  await ask();
  await page.reload();
  await answer(page).getByText("w0 w1 w2").waitFor();
  const early = (await words(page)).length;
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await expect.poll(async () => (await words(page)).length).toBeGreaterThan(early + 50);
  await expect.poll(() => words(page), { timeout: 30_000 }).toBe(numbers);
  expect(emulator.requests().filter(({ path }) => path.endsWith("/completions"))).toHaveLength(1);
});

it("a second tab reads the same answer as it comes, and its Stop ends it in both", async () => {
  await ask();
  const tab = await page.context().newPage();
  await tab.goto(page.url());
  await answer(tab).getByText("w0 w1 w2").waitFor();
  const early = (await words(tab)).length;
  await expect.poll(async () => (await words(tab)).length).toBeGreaterThan(early + 50);
  await tab.getByRole("button", { name: "Stop" }).click();
  await tab.getByText("This answer was stopped.").waitFor();
  await page.getByText("This answer was stopped.").waitFor();
  expect(emulator.streams().open).toBe(0);
  await tab.close();
});

it("a cut connection is said, and the answer is picked up when it is back", async () => {
  await ask();
  line.cut();
  await page.getByText("The connection was lost.").waitFor();
  expect((await words(page)).length).toBeGreaterThan(50);
  line.mend();
  await expect.poll(() => words(page), { timeout: 30_000 }).toBe(numbers);
  await expect.poll(() => page.getByText("The connection was lost.").count()).toBe(0);
});
