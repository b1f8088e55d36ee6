import { createServer, type Server as Trap } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { hostileOutputs } from "@/__tests__/support/hostile-outputs";
import { newPerson, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

type Outcome = Window & { hacked?: string; violations: string[] };

/** Elements that fetch, run or pose as the page's own, anywhere in an answer. */
const FORBIDDEN =
  "script, style, link, meta, base, iframe, object, embed, form, input, textarea, video, audio, picture, source, template, [srcset], [style*='url'], [onload], [onerror], [onclick], [ontoggle], img";
const IN_A_CONVERSATION = 12;

let trap: Trap;
let caught: string[];
let emulator: Emulator;
let server: Server;
let browser: Browser;
let person: Visitor;
let outputs: { name: string; text: string }[];

beforeAll(async () => {
  caught = [];
  trap = createServer((request, response) => {
    caught.push(request.url ?? "");
    response.setHeader("access-control-allow-origin", "*").end();
  });
  await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
  outputs = hostileOutputs(`http://127.0.0.1:${(trap.address() as AddressInfo).port}`);
  emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0 } });
  const { data } = (await (await fetch(`${emulator.url}/api/v1/models`)).json()) as { data: { name: string }[] };
  const names = outputs.map(({ text }) => text.slice(0, 200));
  const body = {
    data: data.map((model, n) => ({ ...model, name: names[n % names.length], description: names[n + 7] })),
  };
  emulator.addScenario({ match: { path: "/api/v1/models" }, scenario: { status: 200, body } });
  server = await startServer({ env: { ...standInSettings(emulator.url), RATE_LIMIT_FACTOR: "100" } });
  person = await newPerson(server.url, { email: "keeper@example.org", password: "correct horse battery staple" });
  const { key } = emulator.createKey({ label: `<img src=x onerror="window.hacked='label'">\u202e` });
  await person.post("/api/provider-configs", { provider: "openrouter", apiKey: key });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.close();
  trap?.close();
});

/** A page that tells of every request elsewhere, every script that ran and every breach of the policy. */
async function openPage(path: string): Promise<{ page: Page; trouble: () => Promise<string[]> }> {
  const page = await newPage(browser);
  page.setDefaultTimeout(20_000);
  const seen: string[] = [];
  const cookies = person.cookie().split("; ");
  await page.context().addCookies(
    cookies.map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: server.url };
    }),
  );
  await page.addInitScript(() => {
    const here = window as unknown as Outcome;
    here.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      here.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  page.context().on("request", (request) => {
    if (!request.url().startsWith(`${server.url}/`)) seen.push(`asked ${request.url()}`);
  });
  page.context().on("page", (other) => other !== page && seen.push(`opened ${other.url()}`));
  page.on("dialog", (dialog) => seen.push(`dialog ${dialog.message()}`));
  page.on("pageerror", (error) => seen.push(error.message));
  page.on("framenavigated", (frame) => {
    if (!frame.url().startsWith(`${server.url}/`) && frame.url() !== "about:blank") seen.push(`went to ${frame.url()}`);
  });
  page.on("console", (message) => {
    if (/content security policy|refused to|hydration|Minified React/i.test(message.text())) seen.push(message.text());
  });
  await page.goto(server.url + path, { waitUntil: "networkidle" });
  const trouble = async () => {
    const { hacked, violations } = await page.evaluate(() => {
      const here = window as unknown as Outcome;
      return { hacked: here.hacked, violations: here.violations };
    });
    return [...seen, ...violations, ...(hacked ? [`ran ${hacked}`] : []), ...caught.map((url) => `arrived ${url}`)];
  };
  return { page, trouble };
}

async function converse(turns: typeof outputs): Promise<string> {
  const id = crypto.randomUUID();
  for (const { name, text } of turns) {
    emulator.set({ text });
    // The question is hostile too: its first words become the conversation's title.
    const message = {
      id: crypto.randomUUID(),
      role: "user",
      parts: [{ type: "text", text: `${text.slice(0, 300).replaceAll("\u0000", "")} ${name}` }],
    };
    const answer = await person.post("/api/chat", { id, message });
    expect(answer.status, name).toBe(200);
    await answer.text();
  }
  return id;
}

async function expectHarmless(page: Page): Promise<void> {
  const found = await page.evaluate((selector) => {
    const answers = [...document.querySelectorAll("article")];
    const bad = answers.flatMap((answer) =>
      [...answer.querySelectorAll(selector)].map((node) => node.outerHTML.slice(0, 200)),
    );
    const links = answers.flatMap((answer) => [...answer.querySelectorAll("a")]);
    const badLinks = links.filter(
      (link) =>
        !/^#/.test(link.getAttribute("href") ?? "") &&
        (!/^(https?|mailto):$/.test(link.protocol) ||
          link.target !== "_blank" ||
          !/noopener noreferrer/.test(link.rel)),
    );
    return [...bad, ...badLinks.map((link) => link.outerHTML.slice(0, 200))];
  }, FORBIDDEN);
  expect(found).toEqual([]);
}

describe("what a model writes", () => {
  it("is tried in more than 80 hostile forms", () => {
    expect(outputs.length).toBeGreaterThan(80);
  });

  it("asks nobody, runs nothing and breaks no policy, as answer, question and title", async () => {
    for (let from = 0; from < outputs.length; from += IN_A_CONVERSATION) {
      const turns = outputs.slice(from, from + IN_A_CONVERSATION);
      const id = await converse(turns);
      const { page, trouble } = await openPage(`/c/${id}`);
      await page
        .getByRole("article", { name: "Answer" })
        .nth(turns.length - 1)
        .waitFor();
      await expect.poll(() => page.locator("article .prose").count()).toBe(turns.length);
      await page.waitForTimeout(200); // for whatever would be fetched late
      await expectHarmless(page);
      expect(await trouble(), turns.map(({ name }) => name).join(", ")).toEqual([]);
      await page.context().close();
    }
  }, 240_000);

  it("is as harmless while it grows, cut anywhere", async () => {
    const { page, trouble } = await openPage("/");
    const all = outputs.filter(({ name }) => !/storm|deep|long-word|zalgo/.test(name));
    for (const half of [all.slice(0, 40), all.slice(40)]) {
      emulator.set({ text: half.map(({ text }) => text).join("\n\n"), tokenMs: 1 });
      await page.getByRole("textbox", { name: "Message" }).fill("Go on.");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("button", { name: "Stop" }).waitFor();
      while (await page.getByRole("button", { name: "Stop" }).isVisible()) {
        await expectHarmless(page);
        await page.waitForTimeout(150);
      }
    }
    emulator.set({ tokenMs: 0 });
    await expectHarmless(page);
    expect(await trouble()).toEqual([]);
    await page.context().close();
  }, 120_000);

  it("is as harmless as the name of a model, as a key's label, and in the list of conversations", async () => {
    const { page, trouble } = await openPage("/");
    await page.getByRole("button", { name: /model/i }).first().click();
    await page.getByRole("option").first().waitFor();
    expect(await page.getByRole("option").count()).toBeGreaterThan(5);
    await page.goto(`${server.url}/settings/keys`, { waitUntil: "networkidle" });
    await page.getByText("onerror").first().waitFor();
    expect(await trouble()).toEqual([]);
    await page.context().close();
  });
});

describe("a link in an answer", () => {
  it("asks first with the whole host when its words do not name it, whichever button is pressed", async () => {
    const id = await converse([{ name: "link", text: "Read [our terms](http://127.0.0.1:9/collect?q=secret)." }]);
    const { page, trouble } = await openPage(`/c/${id}`);
    const link = page.getByRole("link", { name: "our terms", exact: true });
    const dialog = page.getByRole("dialog");
    for (const press of [{}, { button: "middle" }, { modifiers: ["ControlOrMeta"] }] as const) {
      await link.click(press as Parameters<typeof link.click>[0]);
      await dialog.getByText("127.0.0.1:9", { exact: true }).waitFor();
      await expectAccessible(page);
      await dialog.getByRole("button", { name: "Stay here" }).click();
      await dialog.waitFor({ state: "hidden" });
    }
    expect(await trouble()).toEqual([]);
    await link.click();
    const [opened] = await Promise.all([
      page.waitForEvent("popup"),
      dialog.getByRole("link", { name: "Open" }).click(),
    ]);
    expect(await opened.evaluate(() => window.opener).catch(() => null)).toBeNull();
    await page.context().close();
  });
});

/** An answer as the server would stream it, which no provider's limit on tokens cuts. */
function streamOf(text: string): string {
  const pieces = Array.from({ length: 100 }, (_, n) =>
    text.slice(Math.floor((n * text.length) / 100), Math.floor(((n + 1) * text.length) / 100)),
  );
  const events = [
    { type: "start", messageId: crypto.randomUUID() },
    { type: "text-start", id: "text" },
    ...pieces.map((delta) => ({ type: "text-delta", id: "text", delta })),
    { type: "text-end", id: "text" },
    { type: "finish", finishReason: "stop" },
  ];
  return `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
}

it.each([
  ["a table of 10 MB", `| a | b |\n| - | - |\n${"| 1 | 2 |\n".repeat(1_000_000)}`, /^Show more rows/],
  [
    "100,000 lines of code",
    `\`\`\`ts\n${"const key = ring.get('door');\n".repeat(100_000)}\`\`\``,
    /^Show all of this code/,
  ],
])(
  "%s leaves the page usable: its beginning is shown, the rest when asked for",
  async (_, text, more) => {
    const { page, trouble } = await openPage("/");
    await page.route(`${server.url}/api/chat`, (route) =>
      route.fulfill({ status: 200, contentType: "text/event-stream", body: streamOf(text) }),
    );
    const field = page.getByRole("textbox", { name: "Message" });
    await field.fill("As much as you can.");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("button", { name: more }).waitFor();
    await page.getByRole("button", { name: "Copy answer" }).waitFor();
    expect(await page.locator("article *").count()).toBeLessThan(20_000);
    const typedAt = Date.now();
    await field.fill("still here");
    expect(Date.now() - typedAt).toBeLessThan(2000);
    expect(await trouble()).toEqual([]);
    await page.context().close();
  },
  120_000,
);
