import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { newPerson, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

let emulator: Emulator;
let server: Server;
let browser: Browser;
let person: Visitor;
let page: Page;
const trouble: string[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0 } });
  server = await startServer({ env: { ...standInSettings(emulator.url), RATE_LIMIT_FACTOR: "100" } });
  person = await newPerson(server.url, { email: "keeper@example.org", password: "correct horse battery staple" });
  const { key } = emulator.createKey({ label: "own" });
  await person.post("/api/provider-configs", { provider: "openrouter", apiKey: key });
  browser = await launchBrowser();
  page = await newPage(browser);
  await signInAs(page);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.close();
});

async function signInAs(on: Page): Promise<void> {
  on.setDefaultTimeout(15_000);
  on.on("pageerror", (error) => trouble.push(error.message));
  const cookies = person.cookie().split("; ");
  await on.context().addCookies(
    cookies.map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: server.url };
    }),
  );
}

/** A conversation in which each question was answered with its own text. */
async function converse(...turns: [question: string, answer: string][]): Promise<string> {
  const id = crypto.randomUUID();
  for (const [question, text] of turns) {
    emulator.set({ text });
    const message = { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text: question }] };
    const answer = await person.post("/api/chat", { id, message });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  return id;
}
const open = (id: string) => page.goto(`${server.url}/c/${id}`, { waitUntil: "networkidle" });
const questions = () => page.getByRole("article", { name: "You" });
const answers = () => page.getByRole("article", { name: "Answer" });
const button = (name: string | RegExp) => page.getByRole("button", { name });
const sentTexts = () => {
  const sent = emulator.requests().findLast(({ path }) => path === "/api/v1/chat/completions");
  const body = sent?.body as { messages: { content: string | { text: string }[] }[] } | undefined;
  return (body?.messages ?? []).map(({ content }) =>
    typeof content === "string" ? content : content.map(({ text }) => text).join(),
  );
};

/** Moves the focus with the keyboard alone. */
async function tabTo(name: RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    const label = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    if (name.test(label)) return;
    await page.keyboard.press("Shift+Tab");
  }
  throw new Error(`no way to ${name} by keyboard`);
}

describe("a question in other words", () => {
  it("is written by keyboard, loses nothing to Escape or a reload, and leaves the first one a version away", async () => {
    await open(await converse(["first question", "first answer"], ["second question", "second answer"]));
    await page.getByRole("textbox", { name: "Message" }).focus();
    await tabTo(/^Edit question$/);
    await page.keyboard.press("Enter");
    const field = page.getByRole("textbox", { name: "Question in other words" });
    await expect.poll(() => field.inputValue()).toBe("second question");
    await page.keyboard.type(", in other words");
    await page.keyboard.press("Escape");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toBe("Edit question");
    await page.reload({ waitUntil: "networkidle" });
    await questions().last().hover();
    await button("Edit question").last().click();
    await expect.poll(() => field.inputValue()).toBe("second question, in other words");
    await expectAccessible(page);
    emulator.set({ text: "another second answer" });
    await page.keyboard.press("Enter");
    await answers().last().getByText("another second answer").waitFor();
    expect(sentTexts()).toEqual(["first question", "first answer", "second question, in other words"]);

    await page.getByRole("group", { name: "Version 2 of 2" }).waitFor();
    await expectAccessible(page);
    await button(/^Previous version/).focus();
    await page.keyboard.press("Enter");
    await answers().last().getByText("second answer", { exact: true }).waitFor();
    await page.getByRole("group", { name: "Version 1 of 2" }).waitFor();
    await page.keyboard.press("ArrowRight");
    await answers().last().getByText("another second answer").waitFor();
    await page.reload({ waitUntil: "networkidle" });
    expect(await questions().allInnerTexts()).toEqual([
      expect.stringContaining("first question"),
      expect.stringContaining("second question, in other words"),
    ]);
  });

  it("is what the next question follows, in a second tab as well", async () => {
    const id = await converse(["one", "answer one"], ["two", "answer two"]);
    await open(id);
    const other = await page.context().newPage();
    await other.goto(`${server.url}/c/${id}`, { waitUntil: "networkidle" });
    emulator.set({ text: "answer to the change" });
    await other.getByRole("article", { name: "You" }).last().hover();
    await other.getByRole("button", { name: "Edit question" }).last().click();
    await other.getByRole("textbox", { name: "Question in other words" }).fill("two, changed");
    await other.keyboard.press("Enter");
    await other.getByText("answer to the change").waitFor();
    await other.close();
    // This tab still shows the old version, so that is what goes along.
    await page.getByRole("textbox", { name: "Message" }).fill("three");
    await button("Send").click();
    await expect.poll(() => answers().count()).toBe(3);
    expect(sentTexts()).toEqual(["one", "answer one", "two", "answer two", "three"]);
  });
});

describe("another answer", () => {
  it("by the same or another model stands beside the first, each with its own receipt", async () => {
    await open(await converse(["why?", "because"]));
    emulator.set({ text: "therefore" });
    await button("Answer again").click();
    await answers().getByText("therefore").waitFor();
    await page.getByRole("group", { name: "Version 2 of 2" }).waitFor();
    emulator.set({ text: "says another" });
    await button("More for this answer").click();
    await page.getByRole("menuitem", { name: "Answer with another model" }).click();
    await page.getByPlaceholder("Search models").fill("haiku");
    await page.keyboard.press("Enter");
    await answers().getByText("says another").waitFor();
    await page.getByRole("group", { name: "Version 3 of 3" }).waitFor();
    await answers().getByText(/haiku/i).first().waitFor();
    expect(sentTexts()).toEqual(["why?"]);
  });

  it("that broke off is gone on with by a question that everybody can see", async () => {
    await page.goto(server.url, { waitUntil: "networkidle" });
    emulator.set({ text: "word after word ".repeat(200), tokenMs: 20 });
    await page.getByRole("textbox", { name: "Message" }).fill("tell me");
    await button("Send").click();
    await answers().getByText("word after word").waitFor();
    await button("Stop").click();
    await page.getByText("This answer was stopped.").waitFor();
    emulator.set({ text: "and here it ends", tokenMs: 0 });
    await button("Continue").click();
    await answers().last().getByText("and here it ends").waitFor();
    await questions().last().getByText("Continue exactly where your answer broke off.").waitFor();
    expect(sentTexts()[1]).toContain("word after word");
    emulator.set({ tokenMs: 0 });
  });
});

describe("a deleted message", () => {
  it("comes back with Undo, by keyboard, and is gone for good without", async () => {
    const id = await converse(["keep", "kept"], ["drop", "dropped"]);
    await open(id);
    const press = async () => {
      await page.getByRole("textbox", { name: "Message" }).focus();
      await tabTo(/^More for this question$/);
      await page.keyboard.press("Enter");
      await page.getByRole("menuitem", { name: "Delete" }).waitFor();
      await page.keyboard.press("ArrowDown");
      await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Delete");
      await page.keyboard.press("Enter");
      await expect.poll(() => questions().count()).toBe(1);
    };
    await press();
    await button("Undo").focus();
    await page.keyboard.press("Enter");
    await answers().last().getByText("dropped").waitFor();
    await press();
    await expectAccessible(page);
    await expect.poll(() => button("Undo").count(), { timeout: 9000 }).toBe(0);
    await expect
      .poll(
        async () => ((await (await person.get(`/api/conversations/${id}`)).json()) as { messages: [] }).messages.length,
      )
      .toBe(2);
    expect(await questions().count()).toBe(1);
  });
});

it("a fork goes on by itself, and the first chat stays as it was", async () => {
  const id = await converse(["where from?", "from here"], ["and then?", "then there"]);
  await open(id);
  await answers().first().hover();
  await button("More for this answer").first().click();
  await page.getByRole("menuitem", { name: "Fork into a new chat" }).click();
  await page.waitForURL((url) => /^\/c\//.test(url.pathname) && !url.pathname.includes(id));
  await page.getByText("nothing was paid here").waitFor();
  expect(await answers().count()).toBe(1);
  await expectAccessible(page);
  emulator.set({ text: "elsewhere" });
  await page.getByRole("textbox", { name: "Message" }).fill("and instead?");
  await button("Send").click();
  await answers().getByText("elsewhere").waitFor();
  expect(sentTexts()).toEqual(["where from?", "from here", "and instead?"]);
  await open(id);
  await answers().getByText("then there").waitFor();
});

it("a long conversation opens at its end, loads the rest on the way up, and says what is not sent any more", async () => {
  const turns = Array.from({ length: 62 }, (_, n): [string, string] => [`question ${n}`, `answer ${n}`]);
  const id = await converse(...turns);
  await open(id);
  await page.getByText("answer 61", { exact: true }).waitFor();
  await expect
    .poll(async () => {
      await page.mouse.move(700, 400);
      await page.mouse.wheel(0, -6000);
      return questions().getByText("question 0", { exact: true }).count();
    })
    .toBe(1);
  await page.getByText("Messages above this line are not sent").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("last");
  await button("Send").click();
  await expect.poll(() => sentTexts().at(-1)).toBe("last");
  expect([sentTexts().length, sentTexts()[0]]).toEqual([65, "question 30"]);
});

it("a link to a message of another version leads to it", async () => {
  const id = await converse(["one", "an early answer"]);
  const before = (await (await person.get(`/api/conversations/${id}`)).json()) as { messages: { id: string }[] };
  emulator.set({ text: "a late answer" });
  await (await person.post("/api/chat", { id, trigger: "regenerate-message" })).text();
  await page.goto(`${server.url}/c/${id}?m=${before.messages[1]?.id}`, { waitUntil: "networkidle" });
  await answers().getByText("an early answer").waitFor();
  await page.getByRole("group", { name: "Version 1 of 2" }).waitFor();
});

it("on a phone every button is there without a pointer to hover with, and fits", async () => {
  const id = await converse(["small screen?", "it fits"], ["sure?", "yes"]);
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const phone = await context.newPage();
  await signInAs(phone);
  await phone.goto(`${server.url}/c/${id}`, { waitUntil: "networkidle" });
  await phone.getByRole("button", { name: "Edit question" }).last().tap();
  await phone.getByRole("textbox", { name: "Question in other words" }).waitFor();
  await expectAccessible(phone);
  await context.close();
});

it("nothing broke on the page all the while", () => {
  expect(trouble).toEqual([]);
});
