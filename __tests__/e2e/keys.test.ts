import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { newPerson, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { createClient } from "@/lib/client/client";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const PASSWORD = "correct horse battery staple";
const KEYS = "/settings/keys";

let emulator: Emulator;
let server: Server;
let browser: Browser;
const trouble: string[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0, text: "A ring with keys." } });
  server = await startServer({ env: { ...standInSettings(emulator.url), RATE_LIMIT_FACTOR: "20" } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.close();
});

type Look = NonNullable<Parameters<typeof newPage>[1]>;
let people = 0;
const newVisitor = () => newPerson(server.url, { email: `keeper${people++}@example.org`, password: PASSWORD });

async function pageOf(person: Visitor, look?: Look): Promise<Page> {
  const page = await newPage(browser, look);
  page.setDefaultTimeout(10_000);
  await page.context().addCookies(
    person
      .cookie()
      .split("; ")
      .map((pair) => ({
        name: pair.slice(0, pair.indexOf("=")),
        value: pair.slice(pair.indexOf("=") + 1),
        url: server.url,
      })),
  );
  page.on("console", (message) => {
    if (/content security policy|hydration|Minified React error/i.test(message.text())) trouble.push(message.text());
  });
  page.on("pageerror", (error) => trouble.push(error.message));
  return page;
}

const row = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const inRow = (page: Page, name: string, action: string) =>
  row(page, name).getByRole("button", { name: `${action}: ${name}` });
const dialog = (page: Page) => page.getByRole("dialog");
const field = (page: Page) => dialog(page).getByLabel("API key");
const press = (place: Locator, name: string) => place.getByRole("button", { name, exact: true }).click();
const keyOf = (provider: "openai" | "anthropic" | "google" | "xai") => emulator.createProviderKey({ provider });

/** One person's OpenAI key from its first to its last day; each step stands on the one before. */
describe("a key of another provider", () => {
  let page: Page;
  let first: ReturnType<typeof keyOf>;
  let second: ReturnType<typeof keyOf>;
  const seen: string[] = [];

  beforeAll(async () => {
    first = keyOf("openai");
    second = keyOf("openai");
    page = await pageOf(await newVisitor());
    page.on("response", async (response) => {
      if (response.url().includes("/api/")) seen.push(await response.text().catch(() => ""));
    });
    await page.goto(server.url + KEYS);
  });

  it("is pasted as it was copied, tested without being stored, and saved", async () => {
    await inRow(page, "OpenAI", "Add a key").click();
    await field(page).fill(`  "${first.key}"\n`);
    await dialog(page).getByText("This has the form of such a key.").waitFor();
    await press(dialog(page), "Test");
    await dialog(page)
      .getByText(/OpenAI accepts this key/)
      .waitFor();
    expect(await row(page, "OpenAI").getByText("No key").count()).toBe(1);
    await press(dialog(page), "Save");
    await row(page, "OpenAI").getByText("Works", { exact: true }).waitFor();
    await row(page, "OpenAI").getByText(`…${first.hint}`).waitFor();
    expect(await dialog(page).count()).toBe(0);
  });

  it("is never shown again: not in the page, its fields, its storage, nor in any answer", async () => {
    const kept = await page.evaluate(() => {
      const fields = [...document.querySelectorAll("input, textarea")].map(
        (input) => (input as HTMLInputElement).value,
      );
      return JSON.stringify([
        document.documentElement.outerHTML,
        fields,
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
      ]);
    });
    const half = first.key.slice(20, 60);
    for (const text of [kept, ...seen]) expect(text.includes(half)).toBe(false);
    expect(seen.length).toBeGreaterThan(3);
  });

  it("is not replaced by one that the provider refuses, and what was typed stays", async () => {
    const refused = emulator.createProviderKey({ provider: "openai", state: "revoked" });
    await inRow(page, "OpenAI", "Replace").click();
    await field(page).fill(refused.key);
    await press(dialog(page), "Save");
    await dialog(page)
      .getByRole("alert")
      .getByText(/OpenAI does not accept this key/)
      .waitFor();
    expect(await field(page).inputValue()).toBe(refused.key);
    await row(page, "OpenAI").getByText(`…${first.hint}`).waitFor();
  });

  it("is not replaced either while the provider is down, and the next try needs no new typing", async () => {
    emulator.addScenario({ match: { path: "/openai/v1/models" }, scenario: { status: 503 } });
    await field(page).fill(second.key);
    await press(dialog(page), "Save");
    await dialog(page)
      .getByText(/could not|did not answer|cannot be reached|not stored/i)
      .first()
      .waitFor({ timeout: 20_000 });
    emulator.clearScenarios();
    expect(await field(page).inputValue()).toBe(second.key);
    await press(dialog(page), "Save");
    await row(page, "OpenAI").getByText(`…${second.hint}`).waitFor();
  });

  it("comes back by Undo in its row", async () => {
    await row(page, "OpenAI")
      .getByText(/can be put back for \d+ more minutes/)
      .waitFor();
    await press(row(page, "OpenAI"), "Undo");
    await row(page, "OpenAI").getByText(`…${first.hint}`).waitFor();
    expect(await row(page, "OpenAI").getByRole("button", { name: "Undo" }).count()).toBe(0);
  });

  it("pays for that provider's models, and the receipt says about what", async () => {
    emulator.clearRequests();
    await page.goto(server.url);
    await page.getByRole("button", { name: /^Model:/ }).click();
    await page.getByPlaceholder("Search models").fill("gpt");
    await page.getByText("OpenAI, on your key").waitFor();
    expect(await page.getByText("Anthropic, on your key").count()).toBe(0);
    await page
      .getByRole("option", { name: /^gpt-5\.1/ })
      .first()
      .click();
    await page.getByRole("button", { name: /^Who pays: your OpenAI key …/ }).waitFor();
    await page.getByRole("textbox", { name: "Message" }).fill("What is a chatelaine?");
    await page.getByRole("button", { name: "Send" }).click();
    await page
      .getByRole("article", { name: "Answer" })
      .getByText(/about \$0\.\d+ .*your key …/)
      .waitFor();
    const asked = emulator.requests().filter(({ method, path }) => method === "POST" && path.startsWith("/openai/"));
    expect(asked.map(({ keyHash }) => keyHash)).toEqual([first.hash]);
  });

  it("that the provider has revoked is known before the next question, with the one button", async () => {
    emulator.changeProviderKey(first.hash, { state: "revoked" });
    await page.goto(server.url + KEYS);
    await inRow(page, "OpenAI", "Test now").click();
    await row(page, "OpenAI").getByText("OpenAI no longer accepts this key").waitFor();
    await page.goto(server.url);
    const notice = page.getByRole("region", { name: "About your keys" });
    await notice.getByText(/OpenAI no longer accepts your key/).waitFor();
    await notice.getByRole("link", { name: "Replace the OpenAI key" }).click();
    await dialog(page).getByRole("heading", { name: "Replace the OpenAI key" }).waitFor();
    await field(page).fill(second.key);
    await press(dialog(page), "Save");
    await row(page, "OpenAI").getByText("Works", { exact: true }).waitFor();
  });

  it("is wiped when deactivated and gone when deleted, each asked for once, in words", async () => {
    await inRow(page, "OpenAI", "Deactivate").click();
    await dialog(page).getByText("wiped here for good").waitFor();
    await press(dialog(page), "Deactivate");
    await row(page, "OpenAI").getByText("Deactivated", { exact: true }).waitFor();
    await inRow(page, "OpenAI", "Delete").click();
    await press(dialog(page), "Cancel");
    await row(page, "OpenAI").getByText("Deactivated", { exact: true }).waitFor();
    await inRow(page, "OpenAI", "Delete").click();
    await press(dialog(page), "Delete");
    await row(page, "OpenAI").getByText("No key", { exact: true }).waitFor();
    await page.context().close();
  });
});

it("a key pasted for the wrong provider goes to the right one without being typed again", async () => {
  const page = await pageOf(await newVisitor());
  const { key, hint } = keyOf("anthropic");
  await page.goto(server.url + KEYS);
  await inRow(page, "xAI", "Add a key").click();
  await field(page).fill(key);
  await dialog(page)
    .getByText(/looks like a key of Anthropic/)
    .waitFor();
  await press(dialog(page), "Use it for Anthropic");
  await dialog(page).getByRole("heading", { name: "Add a key of Anthropic" }).waitFor();
  await press(dialog(page), "Save");
  await row(page, "Anthropic").getByText(`…${hint}`).waitFor();
  await page.context().close();
});

it("an OpenRouter key can be pasted too; what is typed outlives a look at the other tab", async () => {
  const page = await pageOf(await newVisitor());
  const { key } = emulator.createKey({ label: "Pasted", limit: 10, limitReset: "monthly" });
  await page.goto(server.url + KEYS);
  await page.getByRole("button", { name: "Connect OpenRouter" }).click();
  await dialog(page).getByRole("tab", { name: "Paste a key" }).click();
  await field(page).fill(key);
  await dialog(page).getByRole("tab", { name: "Sign in with OpenRouter" }).click();
  await dialog(page).getByRole("tab", { name: "Paste a key" }).click();
  expect(await field(page).inputValue()).toBe(key);
  await press(dialog(page), "Save");
  await page.getByText("Your own key pays for OpenRouter models.").waitFor();
  await page.getByRole("meter", { name: "Used of the spending limit" }).waitFor();
  await page.context().close();
});

it("closing the dialog forgets what was typed in it", async () => {
  const page = await pageOf(await newVisitor());
  await page.goto(server.url + KEYS);
  await inRow(page, "OpenAI", "Add a key").click();
  await field(page).fill(keyOf("openai").key);
  await page.keyboard.press("Escape");
  await expect.poll(() => dialog(page).count()).toBe(0);
  await inRow(page, "OpenAI", "Add a key").click();
  expect(await field(page).inputValue()).toBe("");
  await page.context().close();
});

it("a notice that was put away stays away over a reload, and the server draws the page without it", async () => {
  const person = await newVisitor();
  const { key, hash } = keyOf("google");
  expect((await person.post("/api/provider-configs", { provider: "google", apiKey: key })).status).toBe(201);
  emulator.changeProviderKey(hash, { state: "revoked" });
  await person.post("/api/provider-configs/google/check", {});
  const page = await pageOf(person);
  await page.goto(server.url);
  const notice = page.getByRole("region", { name: "About your keys" });
  await press(notice, "Dismiss");
  await expect.poll(() => notice.count()).toBe(0);
  const html = await (await page.reload())?.text();
  expect(html).not.toContain("About your keys");
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  expect(await notice.count()).toBe(0);
  await page.context().close();
});

it("another program does all of it through the typed client", async () => {
  const person = await newVisitor();
  const asPerson: typeof fetch = (input, init) =>
    fetch(input, { ...init, headers: { ...init?.headers, cookie: person.cookie(), origin: server.url } });
  const { keys, models, openrouter } = createClient({ baseUrl: server.url, fetch: asPerson });
  const [first, second, bad] = [keyOf("xai"), keyOf("xai"), `xai-${"a".repeat(80)}`];

  expect(await keys.test({ provider: "xai", apiKey: bad })).toMatchObject({ valid: false, status: "invalid" });
  await expect(keys.save({ provider: "xai", apiKey: bad })).rejects.toMatchObject({
    code: "key_invalid",
    status: 422,
    check: { status: "invalid" },
  });
  expect((await keys.list()).items).toEqual([]);
  expect(await keys.test({ provider: "xai", apiKey: first.key })).toMatchObject({ valid: true, status: "valid" });
  await keys.save({ provider: "xai", apiKey: first.key });
  const replaced = await keys.save({ provider: "xai", apiKey: second.key });
  expect(Date.parse(replaced.undoUntil ?? "")).toBeGreaterThan(Date.now());
  expect((await keys.undo("xai")).config).toMatchObject({ keyHint: first.hint, undoUntil: null });
  expect((await keys.check("xai")).check.status).toBe("valid");
  const offered = (await models.list()).items.find(({ provider }) => provider === "xai");
  await keys.saveSettings("xai", { defaultModel: offered?.id });
  const { items, notices } = await keys.list();
  expect(items).toMatchObject([{ provider: "xai", state: "active", settings: { defaultModel: offered?.id } }]);
  expect(notices).toEqual([]);
  expect(await keys.usage("xai")).toMatchObject({ usageCount: 0, byDay: [] });
  await keys.deactivate("xai");
  expect((await keys.list()).items).toMatchObject([{ state: "inactive", isActive: false }]);
  await keys.remove("xai");
  expect((await keys.list()).items).toEqual([]);
  expect((await openrouter.status()).connected).toBe(false);
});

it("Lock everything wipes each key, ends the other sessions, and lists where to revoke", async () => {
  const person = await newVisitor();
  for (const provider of ["openai", "xai"] as const) {
    await person.post("/api/provider-configs", { provider, apiKey: keyOf(provider).key });
  }
  const page = await pageOf(person);
  await page.goto(`${server.url}/settings/security`);
  const section = page.getByRole("region", { name: "Lock everything" });
  await press(section, "Lock everything");
  await press(dialog(page), "Lock everything");
  await section.getByText("Wiped here: the keys of OpenAI and xAI.").waitFor();
  for (const name of ["OpenAI", "xAI"]) {
    expect(await section.getByRole("link", { name: `Revoke at ${name}` }).getAttribute("href")).toMatch(/^https:/);
  }
  await page.goto(server.url + KEYS);
  await row(page, "OpenAI").getByText("Deactivated", { exact: true }).waitFor();
  await page.context().close();
});

describe.each([
  { width: 390, height: 844, dark: false },
  { width: 390, height: 844, dark: true },
  { width: 1440, height: 900, dark: false },
  { width: 1440, height: 900, dark: true },
])("at $width x $height, dark: $dark,", (look) => {
  let person: Visitor;
  beforeAll(async () => {
    person = await newVisitor();
  });

  it("every state of a key and of its dialog has no fault that axe finds", async () => {
    const page = await pageOf(person, look);
    await page.goto(server.url + KEYS, { waitUntil: "networkidle" });
    await page.getByRole("button", { name: "Connect OpenRouter" }).click();
    await expectAccessible(page);
    await dialog(page).getByRole("tab", { name: "Paste a key" }).click();
    await field(page).fill(keyOf("xai").key);
    await dialog(page)
      .getByText(/looks like a key of xAI/)
      .waitFor();
    await expectAccessible(page);
    await press(dialog(page), "Test");
    await dialog(page).getByRole("alert").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");

    const [openai, anthropic, google] = [keyOf("openai"), keyOf("anthropic"), keyOf("google")];
    for (const [provider, { key }] of Object.entries({ openai, anthropic, google })) {
      expect((await person.post("/api/provider-configs", { provider, apiKey: key })).status).toBe(201);
    }
    await person.post("/api/provider-configs", { provider: "openai", apiKey: keyOf("openai").key });
    emulator.changeProviderKey(anthropic.hash, { state: "revoked" });
    await person.post("/api/provider-configs/anthropic/check", {});
    await page.reload({ waitUntil: "networkidle" });
    await inRow(page, "Google AI", "Test now").click();
    await row(page, "Google AI").getByRole("status").waitFor();
    await row(page, "OpenAI").getByRole("button", { name: "Undo" }).waitFor();
    await expectAccessible(page);
    await inRow(page, "OpenAI", "Delete").click();
    await expectAccessible(page);
    await page.context().close();
  });

  it("the notice above the composer and the picker have none either", async () => {
    const page = await pageOf(person, look);
    await page.goto(server.url, { waitUntil: "networkidle" });
    await page.getByRole("region", { name: "About your keys" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: /^Model:/ }).click();
    await page.getByRole("option").first().waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it.each([KEYS, "/"])("nothing moves while %s loads", async (path) => {
    const page = await pageOf(person, look);
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(server.url + path, { waitUntil: "networkidle" });
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
    expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.02);
    await page.context().close();
  });
});

it("met no violation of the content security policy and no error of hydration anywhere", () => {
  expect(trouble).toEqual([]);
});
