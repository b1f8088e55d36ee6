import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server as HttpServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Canary, findCanaries } from "@/__tests__/support/canaries";
import { type Server, startServer } from "@/__tests__/support/server";
import { ROOT } from "@/lib/cli/root.mjs";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const random = () => randomBytes(32).toString("base64");
const account = { email: "canary@example.org", password: `pass ${randomBytes(12).toString("hex")}` };
const prompt = `canary question ${randomBytes(12).toString("hex")}`;
const secrets = { ENCRYPTION_KEY: random(), NEXTAUTH_SECRET: random(), METRICS_TOKEN: random() };

let emulator: Emulator;
let wire: HttpServer;
let server: Server;
let browser: Browser;
let page: Page;
let folder: string;
/** Everything that came out of the app: place and text. */
const seen: [place: string, text: string][] = [];
const canaries: Canary[] = Object.entries(secrets).map(([name, text]) => ({ name, text }));
canaries.push({ name: "password", text: account.password });

/** Between the app and the stand-in: learns the secrets that only those two exchange, as canaries. */
function listenIn(upstream: string): HttpServer {
  return createServer((incoming, outgoing) => {
    const body: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => body.push(chunk));
    incoming.on("end", () => {
      const { host: _, ...headers } = incoming.headers;
      const onward = send(`${upstream}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        if (incoming.url !== "/api/v1/auth/keys") return void answer.pipe(outgoing);
        const parts: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => parts.push(chunk));
        answer.on("end", () => {
          learn(Buffer.concat(body).toString(), Buffer.concat(parts).toString());
          outgoing.end(Buffer.concat(parts));
        });
      });
      onward.on("error", () => outgoing.destroy());
      outgoing.on("close", () => onward.destroy());
      onward.end(Buffer.concat(body));
    });
  });
}

function learn(asked: string, answered: string) {
  const { code, code_verifier: verifier } = JSON.parse(asked) as { code: string; code_verifier: string };
  const key = /"key":"([^"]+)"/.exec(answered)?.[1]; // some answers are broken on purpose
  canaries.push({ name: "code verifier", text: verifier });
  if (key) canaries.push({ name: "user key", text: key, isApiKey: true }, { name: "authorization code", text: code });
}

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 1, text: "An answer about keys." } });
  wire = listenIn(emulator.url);
  await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
  const shared = emulator.createKey({ label: "shared" });
  canaries.push({ name: "shared key", text: shared.key, isApiKey: true });
  folder = await mkdtemp(join(tmpdir(), "chatelaine-leaks-"));
  const OPENROUTER_URL = `http://127.0.0.1:${(wire.address() as AddressInfo).port}`;
  server = await startServer({
    env: { ...secrets, OPENROUTER_URL, OPENROUTER_API_KEY: shared.key, DATA_DIR: folder, LOG_LEVEL: "trace" },
  });
  browser = await launchBrowser();
  page = await newPage(browser);
  page.setDefaultTimeout(10_000);
  page.on("response", async (response) => {
    const ours = response.url().startsWith(server.url);
    const headers = await response.allHeaders().catch(() => ({}));
    // The callback's own address holds the code: that one the browser was given by OpenRouter, not by us.
    const url = response.url().includes("/api/openrouter/callback") ? "" : response.url();
    if (ours)
      seen.push([
        `answer to ${response.url().split("?")[0]}`,
        `${url} ${JSON.stringify(headers)} ${await response.text().catch(() => "")}`,
      ]);
  });
  page.on("console", (message) => seen.push(["browser console", message.text()]));
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  wire?.close();
  wire?.closeAllConnections();
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

const FAULTS = [
  "status-400", "status-401", "status-402", "status-403", "status-404", "status-408", "status-413", "status-429", "status-500",
  "status-502", "status-503", "status-529", "credit-too-low", "key-limit", "provider-429", "moderation", "html", "empty-json",
  "huge-body", "reset", "cut-stream", "mid-stream-error", "malformed-chunk", "cost-null",
]; // biome-ignore format: a list

it("the search finds each canary in each of its forms", () => {
  const canary = { name: "control", text: "sk-or-v1-0123456789abcdef+/?&", isApiKey: true };
  const bytes = Buffer.from(canary.text);
  const forms = [
    canary.text, bytes.toString("base64"), Buffer.from(`x${canary.text}`).toString("base64"), Buffer.from(`xy${canary.text}`).toString("base64"),
    bytes.toString("base64url"), bytes.toString("hex"), encodeURIComponent(canary.text), JSON.stringify(canary.text), "a 23456789 b",
  ]; // biome-ignore format: a list
  for (const form of forms) expect(findCanaries([canary], `before ${form} after`, "x"), form).toEqual(["control in x"]);
  expect(findCanaries([canary], "…?& and 2345678", "x")).toEqual([]);
});

describe("after everything was used, well and badly,", () => {
  beforeAll(async () => {
    await usePages();
    await useRoutes();
    await server.stop();
    canaries.push({ name: "question", text: prompt }); // in the database and on its owner's page, but in no log
  });

  it("the canaries were really there", () => {
    const names = canaries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["user key", "shared key", "code verifier", "authorization code", "password"]),
    );
    expect(seen.length).toBeGreaterThan(100);
    expect(server.output().length).toBeGreaterThan(1000);
  });

  it("no secret is in what the server printed", () => {
    expect(findCanaries(canaries, server.output(), "the log")).toEqual([]);
  });

  it("no secret is in any answer, page, header or the browser", () => {
    const secret = canaries.filter(({ name }) => name !== "question");
    expect(seen.flatMap(([place, text]) => findCanaries(secret, text, place))).toEqual([]);
  });

  it("no secret is in the files of the database", () => {
    const secret = canaries.filter(({ name }) => name !== "question");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(100);
    expect(
      files.flatMap((file) => findCanaries(secret, readFileSync(join(file.parentPath, file.name)), file.name)),
    ).toEqual([]);
  });

  it("nothing that looks like a key is in the build", () => {
    const files = ["server", "static"].flatMap((part) =>
      readdirSync(join(ROOT, ".next", part), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      ),
    );
    expect(files.length).toBeGreaterThan(50);
    const found = files.filter((file) => {
      const bytes = readFileSync(join(file.parentPath, file.name));
      return (
        findCanaries(canaries, bytes, "build").length > 0 || /sk-or-v1-[0-9a-f]{64}/.test(bytes.toString("latin1"))
      );
    });
    expect(found.map(({ name }) => name)).toEqual([]);
  });
});

/** A person in a browser: registers, connects in the same window, chats, disconnects. */
async function usePages() {
  await page.goto(`${server.url}/register`);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await page.goto(`${server.url}/api/openrouter/connect?returnTo=/settings/keys`);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("OpenRouter is connected.").waitFor();
  await page.goto(server.url);
  await page.getByRole("textbox", { name: "Message" }).fill(prompt);
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("An answer about keys.").waitFor();
  await page.reload();
  await page.getByText("An answer about keys.").waitFor();
  const stored = await page.evaluate(async () => ({
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    html: document.documentElement.outerHTML,
    history: history.state,
    url: location.href,
  }));
  seen.push(
    ["the browser's storage", JSON.stringify(stored)],
    ["cookies", JSON.stringify(await page.context().cookies())],
  );
}

/** A program that asks every route, rightly and wrongly, while the provider fails in every way it can. */
async function useRoutes() {
  const client = visitor(server.url);
  const keep = async (what: string, response: Response) => {
    seen.push([what, `${JSON.stringify([...response.headers])} ${await response.text().catch(() => "")}`]);
  };
  const message = () => ({ id: randomUUID(), role: "user", parts: [{ type: "text", text: prompt }] });
  const routes = [
    "/api/openrouter/status", "/api/openrouter/status?refresh=true", "/api/conversations", "/api/conversations?cursor=x",
    `/api/conversations/${randomUUID()}`, "/api/models", "/api/preferences", "/api/health", "/api/health/ready", "/api/auth/session",
    "/api/auth/providers", "/api/nothing", "/api/openrouter/callback", "/api/openrouter/callback?code=x&state=y",
  ]; // biome-ignore format: a list
  for (const path of routes) await keep(`signed out ${path}`, await client.get(path));
  await keep("register again", await client.post("/api/auth/register", account));
  await keep(
    "register badly",
    await client.post("/api/auth/register", { ...account, password: account.password, extra: account.password }),
  );
  await signIn(client, { ...account, password: `${account.password}x` }).catch(() => undefined);
  await signIn(client, account);
  for (const path of routes) await keep(path, await client.get(path));
  const bodies = [
    {},
    { id: 1 },
    { id: randomUUID(), message: message(), apiKey: canaries.at(-1)?.text },
    "x".repeat(2_000_000),
  ];
  for (const body of bodies)
    await keep("POST /api/chat with a bad body", await client.post("/api/chat", body as object));
  for (const scenario of FAULTS) {
    emulator.addScenario({ scenario, times: 1 });
    await keep(
      `POST /api/chat, ${scenario}`,
      await client.post("/api/chat", { id: randomUUID(), message: message(), model: "openai/gpt-4o-mini" }),
    );
    emulator.clearScenarios();
    await keep("refresh", await client.get("/api/openrouter/status?refresh=true"));
  }
  for (const scenario of [
    "exchange-status-400",
    "exchange-status-500",
    "exchange-html",
    "exchange-no-json",
    "key-info-status-500",
    "key-info-status-401",
  ]) {
    emulator.addScenario({ scenario, times: 1 });
    const started = await client.get("/api/openrouter/connect");
    await keep("connect", new Response(null, { headers: started.headers }));
    const location = started.headers.get("location");
    if (!location) continue; // too many attempts
    const back = new URL(await emulator.decide(location, "allow"));
    await keep(`callback, ${scenario}`, await client.get(back.pathname + back.search));
    emulator.clearScenarios();
  }
  await page.goto(`${server.url}/settings/keys`);
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await page.getByText("OpenRouter still lists it").waitFor();
  await keep("chat on the shared key", await client.post("/api/chat", { id: randomUUID(), message: message() }));
}
