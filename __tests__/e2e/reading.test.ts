import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { newPerson, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const EVERYTHING = `# Doors

Some **bold**, *slanted*, ~~struck~~ words with \`code\`, a [link](https://example.org/a) and https://example.org.

1. one
2. two
   - [x] done
   - [ ] open

> quoted words

| lock | key |
| --- | ---: |
| door | iron |

\`\`\`ts
// a comment
export const ring = new Map<string, number>([["door", 1]]);
if (!ring.has(\`cellar \${1 + 2}\`)) throw new Error("lost");
\`\`\`

\`\`\`diff
- lost
+ found
\`\`\`

So $e^{i\\pi}$ it is, and

$$
\\frac{1}{2}
$$

A note[^1]. ![a map](https://example.org/map.png)

[^1]: It says more.`;
const PARAGRAPH = "The ring at the keeper's belt held a **key** for every door. None of them opened two.\n\n";

let emulator: Emulator;
let server: Server;
let browser: Browser;
let person: Visitor;

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0 } });
  server = await startServer({ env: { ...standInSettings(emulator.url), RATE_LIMIT_FACTOR: "1000" } });
  person = await newPerson(server.url, { email: "reader@example.org", password: "correct horse battery staple" });
  const { key } = emulator.createKey({ label: "reader" });
  await person.post("/api/provider-configs", { provider: "openrouter", apiKey: key });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.close();
});

async function open(path: string, look: Parameters<typeof newPage>[1] = {}): Promise<Page> {
  const page = await newPage(browser, look);
  page.setDefaultTimeout(15_000);
  const cookies = person.cookie().split("; ");
  await page.context().addCookies(
    cookies.map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: server.url };
    }),
  );
  await page.goto(server.url + path, { waitUntil: "networkidle" });
  return page;
}

async function converse(answers: string[]): Promise<string> {
  const id = crypto.randomUUID();
  for (const [n, text] of answers.entries()) {
    emulator.set({ text });
    const message = { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text: `Question ${n}` }] };
    const answer = await person.post("/api/chat", { id, message });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  return id;
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(question);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Where the thread's scrolling box stands. */
const scrolled = (page: Page) =>
  page.evaluate(() => {
    const box = document.querySelector("article")?.closest(".overflow-y-auto");
    if (!box) throw new Error("there is no thread");
    return { top: box.scrollTop, rest: box.scrollHeight - box.clientHeight - box.scrollTop };
  });

describe.each([
  { width: 390, height: 844, dark: false },
  { width: 390, height: 844, dark: true },
  { width: 1440, height: 900, dark: false },
  { width: 1440, height: 900, dark: true },
])("at $width x $height, dark: $dark,", (look) => {
  it("an answer with everything in it has no fault that axe finds and scrolls in one direction only", async () => {
    const page = await open(`/c/${await converse([EVERYTHING])}`, look);
    await page.locator("article pre code span[style]").first().waitFor();
    await page.locator("article math").first().waitFor();
    await expectAccessible(page);
    await page.context().close();
  });
});

describe("while an answer grows at 300 tokens a second", () => {
  it("the page stays at its end, holds still for who scrolls up, and leads back with one button", async () => {
    const page = await open("/");
    emulator.set({ text: PARAGRAPH.repeat(200), tokenMs: 1000 / 300 });
    await ask(page, "Write at length.");
    await expect.poll(async () => (await scrolled(page)).top).toBeGreaterThan(600);
    expect((await scrolled(page)).rest).toBeLessThan(60);

    await page.mouse.move(600, 300);
    await page.mouse.wheel(0, -500);
    const jump = page.getByRole("button", { name: "Jump to latest" });
    await jump.waitFor();
    await page.waitForTimeout(200); // the wheel's own movement comes to rest
    const tops: number[] = [];
    for (let n = 0; n < 10; n++) {
      tops.push((await scrolled(page)).top);
      await page.waitForTimeout(100);
    }
    expect(Math.max(...tops) - Math.min(...tops)).toBeLessThanOrEqual(1);

    await jump.click();
    await expect.poll(async () => (await scrolled(page)).rest).toBeLessThan(60);
    await jump.waitFor({ state: "hidden" });
    await expectAccessible(page);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.context().close();
  });

  it("a listener hears whole sentences without marks, and how it ended", async () => {
    const page = await open("/");
    await page.evaluate(() => {
      const here = window as unknown as { heard: string[] };
      here.heard = [];
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          const region = (target instanceof Element ? target : target.parentElement)?.closest("[aria-live=polite]");
          const words = region?.textContent ?? "";
          if (words && here.heard.at(-1) !== words) here.heard.push(words);
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    emulator.set({ text: `${PARAGRAPH}${EVERYTHING}`, tokenMs: 20 });
    await ask(page, "Say something.");
    const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    await expect.poll(async () => (await heard()).at(-1), { timeout: 50_000 }).toMatch(/The answer is complete\.$/);
    const said = (await heard()).join(" ");
    expect((await heard())[0]).toMatch(/^The ring at the keeper's belt held a key for every door\./);
    expect(said).toContain("Code: TypeScript, 3 lines.");
    expect(said).toContain("A table with 1 row.");
    expect(said).not.toMatch(/\*\*|```|\| ---|https?:/);
    await page.context().close();
    emulator.set({ tokenMs: 0 });
  });
});

describe("a long thread", () => {
  let id: string;
  beforeAll(async () => {
    id = await converse(Array.from({ length: 70 }, (_, n) => `Answer number ${n}.\n\n${PARAGRAPH.repeat(5)}`));
  }, 120_000);

  it("comes in portions above the reader, who stays where they were", async () => {
    const page = await open(`/c/${id}`);
    await page.getByText("Answer number 69.").waitFor();
    const before = await page.locator("article").count();
    await page.mouse.move(600, 300);
    for (let n = 0; n < 60 && (await page.locator("article").count()) === before; n++) {
      await page.mouse.wheel(0, -700);
      await page.waitForTimeout(40);
    }
    expect(await page.locator("article").count()).toBeGreaterThan(before);
    await page.waitForTimeout(300);
    // What is in the middle of the screen does not move any more, whatever is laid out above it.
    const middle = () =>
      page.evaluate(() => {
        const article = document.elementFromPoint(700, 350)?.closest("article");
        return [article?.textContent?.slice(0, 40), Math.round(article?.getBoundingClientRect().top ?? 0)];
      });
    const seen = await middle();
    await page.waitForTimeout(500);
    expect(await middle()).toEqual(seen);
    await page.context().close();
  });

  it("opens at the message that its address names, and screen readers find every message", async () => {
    const { messages } = (await (await person.get(`/api/conversations/${id}`)).json()) as {
      messages: { id: string; parts: { text: string }[] }[];
    };
    const wanted = messages.find(({ parts }) => parts[0]?.text.startsWith("Answer number 60."));
    const page = await open(`/c/${id}?m=${wanted?.id}`);
    await expect
      .poll(() => page.getByText("Answer number 60.").evaluate((node) => Math.round(node.getBoundingClientRect().top)))
      .toSatisfy((top: number) => top >= 0 && top < 300);
    // The last answers are far out of sight; assistive technology is handed them all, and the words where it goes.
    const session = await page.context().newCDPSession(page);
    const inTree = async (fits: (role: string, name: string) => boolean) => {
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      return nodes.filter((node) => !node.ignored && fits(String(node.role?.value), String(node.name?.value))).length;
    };
    expect(await inTree((role, name) => role === "article" && name === "Answer")).toBe(
      await page.getByRole("article", { name: "Answer" }).count(),
    );
    await page.getByRole("article", { name: "Answer" }).last().scrollIntoViewIfNeeded();
    await expect.poll(() => inTree((_, name) => name === "Answer number 69.")).toBeGreaterThan(0);
    await page.context().close();
  });
});
