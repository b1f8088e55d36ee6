import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatGpt } from "@/__tests__/fixtures/imports";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Server, startServer } from "@/__tests__/support/server";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";

const PASSWORD = "correct horse battery";
let server: Server;
let browser: Browser;
const trouble: string[] = [];

beforeAll(async () => {
  server = await startServer({ env: { RATE_LIMIT_FACTOR: "20" } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A conversation as ChatGPT exports it: one question, one answer. */
const talk = (n: number, title: string, question: string, answer: string) => ({
  ...{
    title,
    conversation_id: `c${n}`,
    create_time: 1_700_000_000 + n,
    update_time: 1_700_000_000 + n,
    current_node: "a",
  },
  mapping: {
    q: { parent: null, message: { author: { role: "user" }, content: { parts: [question] } } },
    a: { parent: "q", message: { author: { role: "assistant" }, content: { parts: [answer] } } },
  },
});
const many = [
  ...Array.from({ length: 70 }, (_, n) => talk(n, `Talk ${n}`, `Question ${n}`, `Answer ${n} about the weather`)),
  talk(
    100,
    "<b>Locks</b> & keys",
    "Who made the padlock?",
    `${"Long before. ".repeat(40)}A smith made the PADLOCK of iron.`,
  ),
  talk(101, "Second", "Is iron strong?", "Iron is strong enough for a padlock."),
];

let people = 0;
/** Somebody new with these conversations, at a page. */
async function at(path: string, { width = 1280, height = 800, talks = many as unknown[] } = {}): Promise<Page> {
  const client = visitor(server.url);
  const account = { email: `f${people++}@example.org`, password: PASSWORD };
  await client.post("/api/auth/register", account);
  await signIn(client, account);
  if (talks.length > 0) expect(await (await client.post("/api/account/import", talks)).text()).toContain('"done"');
  const page = await newPage(browser, { width, height });
  page.setDefaultTimeout(10_000);
  page.on(
    "console",
    (message) =>
      message.type() === "error" && !/40[149]|Failed to load/.test(message.text()) && trouble.push(message.text()),
  );
  page.on("pageerror", (error) => trouble.push(error.message));
  await page.context().addCookies(
    client
      .cookie()
      .split("; ")
      .map((pair) => {
        const [name = "", ...value] = pair.split("=");
        return { name, value: value.join("="), url: server.url };
      }),
  );
  await page.goto(server.url + path, { waitUntil: "networkidle" });
  return page;
}
const box = (page: Page) => page.getByRole("searchbox", { name: "Search conversations" });
const nav = (page: Page) => page.getByRole("navigation", { name: /onversations/ });
const entry = (page: Page, title: string) => nav(page).getByRole("link", { name: title, exact: true });
const menu = async (page: Page, title: string, item: string) => {
  await entry(page, title).hover();
  await page.getByRole("button", { name: `More for ${title}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

describe.each([
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
])("searching at $width x $height", (size) => {
  it("shows where the words stand, leads by keyboard to the very message, and finds nothing in peace", async () => {
    const page = await at("/", size);
    if (size.width < 700) await page.getByRole("button", { name: "Open the sidebar" }).click();
    await box(page).fill("padlock");
    await nav(page).getByText("2 conversations").waitFor();
    const marks = await nav(page).locator("mark").allTextContents();
    expect(marks.map((text) => text.toLowerCase())).toEqual(["padlock", "padlock"]);
    expect(await nav(page).getByText("<b>Locks</b> & keys").isVisible()).toBe(true);
    await expectAccessible(page);

    await box(page).fill("xyzzy");
    await nav(page)
      .getByText(/^Nothing found/)
      .waitFor();
    await expectAccessible(page);
    await box(page).fill('"made the padlock of');
    await nav(page).getByText("1 conversation", { exact: true }).waitFor();
    await box(page).press("ArrowDown");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("PADLOCK of");
    await page.keyboard.press("ArrowUp");
    expect(await box(page).evaluate((element) => element === document.activeElement)).toBe(true);
    await box(page).press("Enter");
    await page.waitForURL(/\/c\/[0-9a-f-]+\?m=[0-9a-f-]+$/);
    await page.getByText("A smith made the PADLOCK of iron.").waitFor();
    await page.context().close();
  });
});

it("what does not work says so, and Escape empties the box", async () => {
  const page = await at("/", { talks: [] });
  await page.route("**/api/conversations?q=*", (route) => route.abort());
  await box(page).fill("anything");
  await nav(page).getByText("The search did not work.").waitFor();
  await page.unroute("**/api/conversations?q=*");
  await nav(page).getByRole("button", { name: "Try again" }).click();
  await nav(page)
    .getByText(/^Nothing found/)
    .waitFor();
  await box(page).press("Escape");
  expect(await box(page).inputValue()).toBe("");
  await nav(page).getByText("Conversations will be listed here").waitFor();
  await page.context().close();
});

it("a conversation is pinned, put away, brought back and renamed; older ones come on demand", async () => {
  const page = await at("/");
  await menu(page, "Talk 69", "Pin");
  const pinned = page.getByRole("region", { name: "Pinned" });
  await pinned.getByRole("link", { name: "Talk 69" }).waitFor();
  await menu(page, "Talk 68", "Archive");
  await page.getByText("Archived “Talk 68”").waitFor();
  await entry(page, "Talk 68").waitFor({ state: "detached" });
  await nav(page).getByRole("button", { name: "Archived" }).click();
  await entry(page, "Talk 68").waitFor();
  await expectAccessible(page);
  await menu(page, "Talk 68", "Take out of the archive");
  await nav(page)
    .getByText(/^Nothing is archived/)
    .waitFor();
  await nav(page).getByRole("button", { name: "All conversations" }).click();
  await entry(page, "Talk 68").waitFor();
  await menu(page, "Talk 68", "Rename");
  await page.getByRole("textbox", { name: "Name of the conversation" }).fill("Renamed");
  await page.keyboard.press("Enter");
  await entry(page, "Renamed").waitFor();
  expect(await entry(page, "Talk 0").count()).toBe(0);
  await nav(page).getByRole("button", { name: "Older conversations" }).click();
  await entry(page, "Talk 0").waitFor();
  await page.reload({ waitUntil: "networkidle" });
  await pinned.getByRole("link", { name: "Talk 69" }).waitFor();
  await entry(page, "Renamed").waitFor();
  await page.context().close();
});

it("a conversation and the whole account are saved as files", async () => {
  const page = await at("/");
  const saved = async (act: () => Promise<void>) => {
    const [download] = await Promise.all([page.waitForEvent("download"), act()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };
  const markdown = await saved(() => menu(page, "Second", "Save as Markdown"));
  expect(markdown.name).toBe("Second.md");
  expect(markdown.bytes.toString()).toContain("Iron is strong enough for a padlock.");
  const json = await saved(() => menu(page, "Second", "Save as JSON"));
  expect(JSON.parse(json.bytes.toString())).toMatchObject({ format: "chatelaine/conversation", title: "Second" });
  await page.goto(`${server.url}/settings/account`, { waitUntil: "networkidle" });
  const all = await saved(() => page.getByRole("link", { name: "Save everything" }).click());
  const files = unzipSync(new Uint8Array(all.bytes));
  expect(JSON.parse(strFromU8(files["conversations.json"] ?? new Uint8Array()))).toHaveLength(72);
  await page.context().close();
});

it("a file is looked into first, then brought in, and the second time nothing is new", async () => {
  const page = await at("/settings/account", { talks: [] });
  const file = join(tmpdir(), `chatelaine-e2e-${process.pid}.json`);
  await writeFile(file, JSON.stringify(chatGpt));
  const choose = () => page.getByLabel("File with conversations").setInputFiles(file);
  await choose();
  await page.getByText("1 conversation with 4 messages can be brought in.").waitFor();
  await page.getByText("1 instruction to the model", { exact: false }).waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Bring them in" }).click();
  await page.getByText("1 conversation with 4 messages came in.").waitFor();
  await choose();
  await page.getByText("There is nothing new in this file.").waitFor();
  await page.goto(server.url, { waitUntil: "networkidle" });
  await entry(page, "Keys").click();
  await page.getByText("Second version").waitFor();
  await page.context().close();
});

it("the password is changed, and the account is deleted with it", async () => {
  const page = await at("/settings/account");
  await page.getByLabel("Password now", { exact: true }).fill("not my password");
  await page.getByLabel("New password", { exact: true }).fill("another long password");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("This is not the password of this account.").waitFor();
  await page.getByLabel("Password now", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("Your password was changed.").waitFor();

  await page.getByRole("button", { name: "Delete the account" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete this account?" });
  await expectAccessible(page);
  await dialog.getByLabel("Your password", { exact: true }).fill("another long password");
  await dialog.getByRole("button", { name: "Delete everything" }).click();
  await page.getByRole("dialog", { name: "Your account is deleted" }).waitFor();
  await page.getByRole("button", { name: "Go to the sign-in page" }).click();
  await page.waitForURL(/\/sign-in/);
  await page.goto(server.url);
  await page.waitForURL(/\/sign-in/);
  await page.context().close();
});

it("nothing of this broke a policy or failed in the page", () => {
  expect(trouble).toEqual([]);
});
