import { readFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Server, startServer } from "@/__tests__/support/server";
import { ROOT } from "@/lib/cli/root.mjs";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const account = { email: "ada@example.org", password: "correct horse battery" };
let emulator: Emulator;
let server: Server;
let browser: Browser;
let frontend: HttpServer;
let origin: string;
let cookies: { name: string; value: string; url: string }[];

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 1, tokenMs: 0, text: "An answer from afar." } });
  const page = await readFile(join(ROOT, "docs", "examples", "chat.html"));
  frontend = createServer((_, response) => response.setHeader("content-type", "text/html").end(page));
  await new Promise<void>((up) => frontend.listen(0, "127.0.0.1", up));
  origin = `http://127.0.0.1:${(frontend.address() as AddressInfo).port}`;
  const shared = emulator.createKey({ label: "shared" });
  server = await startServer({
    env: { OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared.key, CORS_ORIGINS: origin },
  });
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
  frontend?.close();
  await emulator?.close();
});

async function open(url: string, look: Parameters<typeof newPage>[1] = {}): Promise<Page> {
  const page = await newPage(browser, look);
  page.setDefaultTimeout(10_000);
  await page.context().addCookies(cookies);
  await page.goto(url, { waitUntil: "networkidle" });
  return page;
}

describe.each([
  { width: 390, height: 844, dark: true },
  { width: 1440, height: 900, dark: false },
])("the page of tokens at $width", (look) => {
  it("makes one, shows it this once with examples that work as they are, lists it, and revokes it", async () => {
    const page = await open(`${server.url}/settings/tokens`, look);
    await page.getByText("No tokens yet").waitFor();
    await page.getByRole("button", { name: "New token" }).click();
    const dialog = page.getByRole("dialog", { name: "New token" });
    await dialog.getByLabel("Name").fill("My editor");
    await dialog.getByLabel("Budget in USD").fill("0");
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Make the token" }).click();
    await dialog.getByText("The budget must be more than 0.").waitFor();
    await dialog.getByLabel("Budget in USD").fill("2,50");
    await dialog.getByRole("button", { name: "Make the token" }).click();

    await page.getByRole("heading", { name: "“My editor” is made. Copy it now" }).waitFor();
    const token = (await page.locator("code", { hasText: /^chl_/ }).first().textContent()) ?? "";
    expect(token).toMatch(/^chl_[0-9A-Za-z]{49}$/);
    for (const name of ["curl", "JavaScript", "Python", "AI SDK"]) {
      await page.getByRole("button", { name, exact: true }).click();
      const example = (await page.locator("pre").textContent()) ?? "";
      expect(example).toContain(token);
      expect(example).toContain(`${server.url}/api/v1`);
    }
    await expectAccessible(page);
    const models = () => fetch(`${server.url}/api/models`, { headers: { authorization: `Bearer ${token}` } });
    expect((await models()).status).toBe(200);

    await page.reload({ waitUntil: "networkidle" });
    const row = page.getByRole("listitem").filter({ hasText: "My editor" });
    expect(await row.textContent()).toMatch(
      /chl_….{4}Chat · used just now · expires .* · \$0\.00 of \$2\.50 spent today/,
    );
    expect(await page.content()).not.toContain(token);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Revoke My editor" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("No tokens yet").waitFor();
    expect((await models()).status).toBe(401);
    await page.context().close();
  });
});

describe("a frontend of another origin, docs/examples/chat.html,", () => {
  it("signs in, chats, and signs out, with tokens and no cookie", async () => {
    const page = await open(origin);
    const sent: Promise<string | null>[] = [];
    page.on("request", (request) => {
      if (request.url().startsWith(server.url)) sent.push(request.headerValue("cookie"));
    });
    await page.getByLabel("Where the app is").fill(server.url);
    await page.getByLabel("E-mail address").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(`Signed in as ${account.email}.`).waitFor();
    await page.getByLabel("Message").fill("Hello?");
    await page.getByRole("button", { name: "Send" }).click();
    const answer = page.getByRole("article", { name: "Answer" });
    await answer.getByText("Paid by the shared key.").waitFor();
    expect(await answer.textContent()).toContain("An answer from afar.");
    const loggedOut = page.waitForResponse(`${server.url}/api/auth/logout`);
    await page.getByRole("button", { name: "Sign out" }).click();
    expect((await loggedOut).status()).toBe(204);
    expect(await Promise.all(sent)).toEqual([null, null, null]);
    await page.context().close();
  });

  it("is told why by a refusal", async () => {
    const page = await open(origin);
    await page.getByLabel("Where the app is").fill(server.url);
    await page.getByLabel("or a personal access token").fill("chl_mistyped");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("The token in Authorization is not valid").waitFor();
    await page.context().close();
  });

  it("reaches nothing from an origin that is not on the list, with the browser's cookies or without", async () => {
    const page = await open(`http://localhost:${(frontend.address() as AddressInfo).port}`);
    const tries = await page.evaluate(async (url) => {
      const inits: RequestInit[] = [{}, { credentials: "include" }, { headers: { authorization: "Bearer x" } }];
      const read = (init: RequestInit) =>
        fetch(`${url}/api/conversations`, init).then(
          (response) => `read ${response.status}`,
          () => "nothing",
        );
      return Promise.all(inits.map(read));
    }, server.url);
    expect(tries).toEqual(["nothing", "nothing", "nothing"]);
    await page.context().close();
  });
});
