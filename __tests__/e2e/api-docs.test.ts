import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "@/__tests__/support/axe";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Server, startServer } from "@/__tests__/support/server";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(options: Parameters<typeof newPage>[1] = {}) {
  const page = await newPage(browser, options);
  page.setDefaultTimeout(10_000);
  const trouble: string[] = [];
  page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("request", (request) => request.url().startsWith(server.url) || trouble.push(`asked ${request.url()}`));
  const response = await page.goto(`${server.url}/docs/api`, { waitUntil: "networkidle" });
  return { page, trouble, response };
}

describe.each([
  { width: 390, height: 844, dark: true },
  { width: 1440, height: 900, dark: false },
])("at $width x $height, dark: $dark,", (look) => {
  it("the API's page has no fault that axe finds, asks no other host, breaks no policy and scrolls in one direction only", async () => {
    const { page, trouble } = await open(look);
    await expectAccessible(page);
    expect(trouble).toEqual([]);
    await page.context().close();
  });
});

it("is there for the signed-out, with every operation of the description at a link of its own", async () => {
  const { page, response } = await open();
  expect(response?.status()).toBe(200);
  expect(page.url()).toBe(`${server.url}/docs/api`);
  const described = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };
  const ids = Object.values(described.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
  const anchors = [...ids, ...Object.keys(described.components.schemas).map((name) => `schema-${name}`)];
  expect(ids.length).toBeGreaterThan(40);
  expect(await page.evaluate((all) => all.filter((id) => !document.getElementById(id)), anchors)).toEqual([]);
  const dead = () =>
    [...document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')]
      .map(({ hash }) => hash.slice(1))
      .filter((id) => !document.getElementById(id));
  expect(await page.evaluate(dead)).toEqual([]);
  await page.context().close();
});

it("works without a script, and its command runs", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/docs/api#health`);
  const command = (await page.locator("#health-curl").textContent()) ?? "";
  expect(command).toBe(`curl "${server.url}/api/health"`);
  await context.close();
});

it("the description may be kept by whoever fetched it", async () => {
  const first = await fetch(`${server.url}/api/openapi.json`);
  expect(first.headers.get("cache-control")).toBe("public, max-age=300");
  expect(await first.json()).toMatchObject({ openapi: "3.1.0" });
  const etag = first.headers.get("etag") ?? "";
  const again = await fetch(`${server.url}/api/openapi.json`, { headers: { "if-none-match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
});
