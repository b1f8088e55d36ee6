import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { pdf, png } from "@/__tests__/support/files";
import { type Server, startServer } from "@/__tests__/support/server";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const account = { email: "keeper@example.org", password: "correct horse battery" };
const VISION = "anthropic/claude-sonnet-4.5";
const BLIND = "openai/gpt-oss-120b";

let emulator: Emulator;
let server: Server;
let browser: Browser;
let cookies: { name: string; value: string; url: string }[];
const violations: string[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0, text: "A key of brass." } });
  const shared = emulator.createKey({ label: "shared" });
  server = await startServer({ env: { OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared.key } });
  const client = visitor(server.url);
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

async function open(size: { width: number; height: number }, model = VISION): Promise<Page> {
  const page = await newPage(browser, size);
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => violations.push(error.message));
  page.on("console", (message) => {
    if (/content security policy|hydration|Minified React error/i.test(message.text())) violations.push(message.text());
  });
  await page.context().addCookies(cookies);
  await page.addInitScript((id) => localStorage.setItem("chatelaine:model", id), `openrouter:${model}`);
  await page.goto(server.url);
  await field(page).waitFor();
  return page;
}

const field = (page: Page) => page.getByRole("textbox", { name: "Message" });
const files = (page: Page) => page.getByRole("list", { name: "Files" });
const sent = () =>
  emulator
    .requests()
    .filter(({ path }) => path === "/api/v1/chat/completions")
    .map(({ body }) => body as Record<string, unknown> & { messages: { role: string; content: unknown }[] });

/** As a browser hands over what is in the clipboard, or was carried over the page. */
async function give(page: Page, how: "paste" | "drop", given: { name: string; type: string; bytes: Buffer }[]) {
  const target = how === "paste" ? field(page) : page.getByRole("main");
  const data = await page.evaluateHandle(
    (all) => {
      const transfer = new DataTransfer();
      for (const { name, type, base64 } of all) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type }));
      }
      return transfer;
    },
    given.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString("base64") })),
  );
  if (how === "paste") {
    await target.evaluate((element, clipboardData) => {
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, data);
    return;
  }
  for (const type of ["dragenter", "dragover", "drop"]) {
    await field(page).dispatchEvent(type, { dataTransfer: data });
  }
}
const image = { name: "key.png", type: "image/png", bytes: png(64, 64) };
const paper = { name: "plan.pdf", type: "application/pdf", bytes: pdf() };

const sizes = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

describe.each(sizes)("at $width x $height", (size) => {
  it("a pasted image and a dropped PDF wait beside the text, survive a reload, go along and stay in the thread", async () => {
    const page = await open(size);
    await give(page, "paste", [image]);
    await give(page, "drop", [paper]);
    await expect.poll(() => files(page).getByRole("listitem").count()).toBe(2);
    await files(page).locator("img").waitFor();
    await expect.poll(() => files(page).innerText()).not.toContain("uploading");
    await field(page).fill("What do these show?");
    await expectAccessible(page);

    await page.reload();
    await expect.poll(() => files(page).innerText()).toContain("plan.pdf");
    expect(await field(page).inputValue()).toBe("What do these show?");
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);

    emulator.clearRequests();
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("A key of brass.").waitFor();
    const content = sent()[0]?.messages.at(-1)?.content as { type: string }[];
    expect(content.map(({ type }) => type)).toEqual(["image_url", "file", "text"]);
    const question = page.getByRole("article", { name: "You" });
    await question.getByRole("link", { name: /^Save plan\.pdf/ }).waitFor();

    await page.reload();
    await question.locator("img[alt='key.png']").waitFor();
    expect(await question.locator("img").getAttribute("src")).toMatch(/^blob:/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      question.getByRole("link", { name: /^Save plan\.pdf/ }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("plan.pdf");
    await expectAccessible(page);
    await page.context().close();
  });

  it("a model that does not read images is not sent one: the composer says which do", async () => {
    const page = await open(size, BLIND);
    await give(page, "paste", [image]);
    await page.getByText(/does not read images\. .+ and others do\./).waitFor();
    await field(page).fill("What is this?");
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await files(page).getByRole("button", { name: "Remove key.png" }).click();
    await expect.poll(() => page.getByRole("button", { name: "Send" }).isEnabled()).toBe(true);
    await page.context().close();
  });

  it("what is no image, PDF or text is refused beside its name, and the message can still be sent without it", async () => {
    const page = await open(size);
    await give(page, "drop", [{ name: "key.png", type: "image/png", bytes: Buffer.from("PK\x03\x04 no picture") }]);
    await expect.poll(() => files(page).innerText()).toContain("neither an image");
    await field(page).fill("Hello");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("A key of brass.").waitFor();
    await page.context().close();
  });

  it("choices of a new chat survive a reload, go upstream with the first message, and are still there afterwards", async () => {
    const page = await open(size);
    const options = () => page.getByRole("button", { name: /^Options/ });
    await options().click();
    await page.getByText("High", { exact: true }).click();
    await page.getByText("Nothing kept").click();
    await page.getByRole("switch", { name: "Web search" }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Give instructions" }).click();
    await page.getByRole("textbox", { name: "Instructions" }).fill("Be brief.");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save" }).click();
    const label = "Options: nothing kept, searches the web, high effort, with instructions";
    await page.getByRole("button", { name: label }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: label }).waitFor();

    emulator.clearRequests();
    await field(page).fill("Hello");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("A key of brass.").waitFor();
    expect(sent()[0]).toMatchObject({
      provider: { data_collection: "deny", zdr: true },
      reasoning: { effort: "high" },
      plugins: [{ id: "web" }],
    });
    expect(JSON.stringify(sent()[0]?.messages[0])).toContain("Be brief.");
    await page.reload();
    await page.getByRole("button", { name: label }).waitFor();
    await page.goto(server.url);
    await page.getByRole("button", { name: "Options", exact: true }).waitFor(); // the next chat begins without them
    await page.context().close();
  });
});

it("nothing of this broke the page's policy", () => expect(violations).toEqual([]));
