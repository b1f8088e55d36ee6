import { spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { launchBrowser, newPage } from "@/__tests__/support/browser";
import { type Canary, findCanaries } from "@/__tests__/support/canaries";
import { asAdmin } from "@/__tests__/support/database";
import { findSecrets, isText } from "@/__tests__/support/find-secrets";
import { everyPage, everyRoute } from "@/__tests__/support/routes";
import { type Server, startServer } from "@/__tests__/support/server";
import { listenIn } from "@/__tests__/support/wire";
import { scriptArguments } from "@/lib/cli/node-runtime.mjs";
import { ROOT } from "@/lib/cli/root.mjs";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { openPostgres } from "@/lib/db/client";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

/** With TEST_DATABASE_URL the app runs on PostgreSQL: then its dump is searched, and its database made to fail. */
const POSTGRES = process.env.TEST_DATABASE_URL;
const random = () => randomBytes(32).toString("base64");
const account = { email: "canary@example.org", password: `pass ${randomBytes(12).toString("hex")}` };
const prompt = `canary question ${randomBytes(12).toString("hex")}`;
const databasePassword = randomBytes(16).toString("hex");
const settings = { ENCRYPTION_KEY: random(), NEXTAUTH_SECRET: random(), METRICS_TOKEN: random() };
const hex = (bytes: number) => randomBytes(bytes).toString("hex");
const pasted: Record<string, string> = {
  openai: `sk-proj-${hex(60)}`,
  anthropic: `sk-ant-api03-${hex(46)}`,
  google: `AIzaSy${hex(20).slice(0, 33)}`,
  xai: `xai-${hex(40)}`,
};

let emulator: Emulator;
let wire: Awaited<ReturnType<typeof listenIn>>;
let server: Server;
let browser: Browser;
let page: Page;
/** Data, reports and what the browser recorded lie apart, so that each is searched for itself. */
let folders: { data: string; reports: string; browser: string };
let databaseUrl: URL | undefined;
/** Everything that came out of the app: place, and text or bytes as they were packed. */
const seen: [place: string, what: string | Buffer][] = [];
const statuses = new Map<string, number>();
const canaries: Canary[] = Object.entries(settings).map(([name, text]) => ({ name, text }));
canaries.push({ name: "password", text: account.password }, { name: "database password", text: databasePassword });
for (const [name, text] of Object.entries(pasted)) canaries.push({ name: `${name} key`, text, isApiKey: true });

const newFolder = (name: string) => mkdtemp(join(tmpdir(), `chatelaine-leaks-${name}-`));

async function newDatabase(): Promise<URL | undefined> {
  if (!POSTGRES) return undefined;
  const url = new URL(POSTGRES);
  url.pathname = `/leaks_${randomUUID().replaceAll("-", "")}`;
  url.password = databasePassword; // a server that trusts this machine asks for none
  await asAdmin(POSTGRES, `create database ${url.pathname.slice(1)}`);
  return url;
}

beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 1, text: "An answer about keys." } });
  wire = await listenIn(emulator.url, ({ code, verifier, key }) => {
    canaries.push({ name: "code verifier", text: verifier });
    if (key) canaries.push({ name: "user key", text: key, isApiKey: true }, { name: "authorization code", text: code });
  });
  const shared = emulator.createKey({ label: "shared" });
  canaries.push({ name: "shared key", text: shared.key, isApiKey: true });
  folders = { data: await newFolder("data"), reports: await newFolder("reports"), browser: await newFolder("browser") };
  databaseUrl = await newDatabase();
  server = await startServer({
    env: {
      ...settings,
      ...(databaseUrl && { DATABASE_URL: databaseUrl.href }),
      OPENROUTER_URL: wire.url,
      OPENAI_BASE_URL: `${wire.url}/openai/v1`,
      ANTHROPIC_BASE_URL: `${wire.url}/anthropic/v1`,
      GOOGLE_BASE_URL: `${wire.url}/google/v1beta`,
      XAI_BASE_URL: `${wire.url}/xai/v1`,
      OPENROUTER_API_KEY: shared.key,
      DATA_DIR: folders.data,
      LOG_LEVEL: "trace",
      RATE_LIMIT_FACTOR: "20",
    },
    // As npm start sets it, and a report on demand besides.
    flags: [
      "--report-exclude-env",
      "--report-on-signal",
      "--report-signal=SIGUSR2",
      `--report-directory=${folders.reports}`,
    ],
  });
  browser = await launchBrowser();
  page = await newPage(browser, { har: join(folders.browser, "all.har") });
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
  await emulator?.close();
  if (POSTGRES && databaseUrl) await asAdmin(POSTGRES, `drop database ${databaseUrl.pathname.slice(1)} with (force)`);
  for (const folder of Object.values(folders ?? {})) await rm(folder, { recursive: true, force: true });
});

const FAULTS = [
  "status-400", "status-401", "status-402", "status-403", "status-404", "status-408", "status-413", "status-429", "status-500",
  "status-502", "status-503", "status-529", "credit-too-low", "key-limit", "provider-429", "moderation", "html", "empty-json",
  "huge-body", "reset", "cut-stream", "mid-stream-error", "malformed-chunk", "cost-null",
]; // biome-ignore format: a list
const KEY_FAULTS = ["key-info-status-500", "key-info-status-401"];
const EXCHANGE_FAULTS = [
  "exchange-status-400",
  "exchange-status-500",
  "exchange-html",
  "exchange-no-json",
  ...KEY_FAULTS,
];

it("the search finds each canary in each of its forms", async () => {
  const canary = { name: "control", text: "sk-or-v1-0123456789abcdef+/?&", isApiKey: true };
  const bytes = Buffer.from(canary.text);
  const forms = [
    canary.text, bytes.toString("base64"), Buffer.from(`x${canary.text}`).toString("base64"), Buffer.from(`xy${canary.text}`).toString("base64"),
    bytes.toString("base64url"), bytes.toString("hex"), encodeURIComponent(canary.text), JSON.stringify(canary.text), "a 23456789 b",
    canary.text.replace("&", "&amp;"),
  ]; // biome-ignore format: a list
  for (const form of forms) expect(findCanaries([canary], `before ${form} after`, "x"), form).toEqual(["control in x"]);
  for (const bytesOf of [Buffer.from(canary.text, "utf16le"), await gzip(`before ${canary.text} after`)])
    expect(findCanaries([canary], bytesOf, "x")).toEqual(["control in x"]);
  expect(findCanaries([canary], "…?& and 2345678", "x")).toEqual([]);
  const cut = [...canary.text].map(
    (delta) => `data: {"type":"text-delta","id":"t","delta":${JSON.stringify(delta)}}\n\n`,
  );
  expect(findCanaries([canary], cut.join(""), "x")).toEqual([]);
  expect(findCanaries([canary], joined(cut.join("")), "x")).toEqual(["control in x"]);
});

const gzip = async (text: string) =>
  Buffer.from(await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer());

/** What a reader puts together out of the pieces of a stream, in the place of what cuts them apart. */
const joined = (stream: string) =>
  [...stream.matchAll(/"(?:delta|text|content)":("(?:[^"\\]|\\.)*")/g)]
    .map(([, piece = '""']) => JSON.parse(piece))
    .join("");

describe("after everything was used, well and badly,", () => {
  let secrets: Canary[];
  beforeAll(async () => {
    await usePages();
    await useRoutes();
    if (databaseUrl) await breakDatabase(databaseUrl);
    await askForReport();
    await exportAudit();
    await server.stop();
    await page.context().close(); // writes what it recorded
    secrets = [...canaries];
    canaries.push({ name: "question", text: prompt }); // in the database and on its owner's page, but in no log
  }, 180_000);

  it("the canaries were really there", () => {
    const names = canaries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["user key", "shared key", "code verifier", "authorization code", "password"]),
    );
    expect(statuses.get("save a key")).toBe(201);
    expect(seen.length).toBeGreaterThan(200);
    expect(server.output().length).toBeGreaterThan(1000);
  });

  it("S24 no secret is in what the server printed", () => {
    expect(findCanaries(canaries, server.output(), "the log")).toEqual([]);
  });

  it("S24 no secret is in any answer, page, part of a page, header, packed body, stream or the browser", () => {
    expect(seen.flatMap(([place, what]) => findCanaries(secrets, what, place))).toEqual([]);
    const together = joined(seen.map(([, what]) => what.toString()).join("\n"));
    expect(findCanaries(secrets, together, "streams, put together")).toEqual([]);
  });

  it("S24 no secret that the browser was not given by its user or by OpenRouter is in all that it sent and received", () => {
    const har = readFileSync(join(folders.browser, "all.har"));
    const { log } = JSON.parse(har.toString()) as { log: { entries: { response: { content: { text?: string } } }[] } };
    expect(log.entries.length).toBeGreaterThan(50);
    const typed = ["password", "authorization code"]; // those it holds itself: they went out, and must not come back
    expect(
      findCanaries(
        secrets.filter(({ name }) => !typed.includes(name)),
        har,
        "the HAR",
      ),
    ).toEqual([]);
    const back = JSON.stringify(log.entries.map(({ response }) => response));
    expect(
      findCanaries(
        secrets.filter(({ name }) => name === "password"),
        back,
        "answers in the HAR",
      ),
    ).toEqual([]);
  });

  it("S24 no secret is in the files of the app's folder, embedded database included", () => {
    const files = filesIn(folders.data);
    if (!databaseUrl) expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => findCanaries(secrets, readFileSync(file), file))).toEqual([]);
  });

  it.skipIf(!POSTGRES)("S24 no secret is in a dump of PostgreSQL, and the question is, so that the dump is one", () => {
    const args = ["--dbname", databaseUrl?.href ?? "", "--no-password"];
    const { status, stdout } = spawnSync("pg_dump", args, { maxBuffer: 2 ** 30 });
    expect(status).toBe(0);
    expect(stdout.includes(prompt)).toBe(true);
    expect(findCanaries(secrets, stdout, "the dump")).toEqual([]);
  });

  it("S24 no secret is in a report of Node's on the running app, and no core file was left", () => {
    const reports = filesIn(folders.reports);
    expect(reports).toHaveLength(1);
    expect(reports.flatMap((file) => findCanaries(canaries, readFileSync(file), "the report"))).toEqual([]);
    expect(readdirSync(ROOT).filter((name) => /^core(\.|$)|^report\..*json$|\.heapsnapshot$/.test(name))).toEqual([]);
  });

  it("S24 S27 nothing that looks like a key is in the build, its source maps included", async () => {
    const files = ["server", "static"].flatMap((part) => filesIn(join(ROOT, ".next", part)));
    expect(files.length).toBeGreaterThan(50);
    const found: string[] = [];
    for (const file of files) {
      const bytes = readFileSync(file);
      found.push(...findCanaries(canaries, bytes, file));
      if (isText(bytes)) found.push(...(await findSecrets(bytes.toString(), file)));
    }
    expect(found).toEqual([]);
  });
});

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((file) => join(file.parentPath, file.name));

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
  for (const path of everyPage({ id: randomUUID() })) await page.goto(`${server.url}${path}`);
  await page.goto(`${server.url}/settings/keys`);
  const stored = await page.evaluate(async () => {
    const contentsOf = async ({ name = "" }: IDBDatabaseInfo) => {
      const whole = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await whole(indexedDB.open(name));
      const stores = [...database.objectStoreNames];
      return Promise.all(stores.map((store) => whole(database.transaction(store).objectStore(store).getAll())));
    };
    const cached = async (name: string) => {
      const cache = await caches.open(name);
      return Promise.all((await cache.matchAll()).map((response) => response.text()));
    };
    return {
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases: await Promise.all((await indexedDB.databases()).map(contentsOf)),
      caches: await Promise.all((await caches.keys()).map(cached)),
      html: document.documentElement.outerHTML,
      history: history.state,
      url: location.href,
    };
  });
  seen.push(
    ["the browser's storage", JSON.stringify(stored)],
    ["cookies", JSON.stringify(await page.context().cookies())],
  );
}

type Client = ReturnType<typeof visitor>;

async function keep(what: string, response: Response): Promise<number> {
  seen.push([what, `${JSON.stringify([...response.headers])} ${await response.text().catch(() => "")}`]);
  statuses.set(what, response.status);
  return response.status;
}
const message = () => ({ id: randomUUID(), role: "user", parts: [{ type: "text", text: prompt }] });
const chat = (client: Client, model?: string) =>
  client.post("/api/chat", { id: randomUUID(), message: message(), ...(model && { model }) });

/** A program that asks every route, rightly and wrongly, while the provider fails in every way it can. */
async function useRoutes() {
  const client = visitor(server.url);
  const paths = [
    ...everyRoute({ id: randomUUID(), provider: "openrouter", nextauth: "session" }),
    "/api/openrouter/status?refresh=true", "/api/conversations?cursor=x", "/api/auth/providers", "/api/nothing", "/api/metrics",
    "/api/openrouter/callback?code=x&state=y",
  ]; // biome-ignore format: a list
  for (const path of paths) await keep(`signed out ${path}`, await client.get(path));
  await keep("register again", await client.post("/api/auth/register", account));
  await keep("register badly", await client.post("/api/auth/register", { ...account, extra: account.password }));
  await signIn(client, { ...account, password: `${account.password}x` }).catch(() => undefined);
  await signIn(client, account);
  for (const path of paths) await keep(path, await client.get(path));
  await usePartsOfPages(client);
  await useWrongBodies(client);
  await useKeys(client);
  for (const scenario of FAULTS) {
    emulator.addScenario({ scenario, times: 1 });
    await keep(`POST /api/chat, ${scenario}`, await chat(client, "openai/gpt-4o-mini"));
    emulator.clearScenarios();
    await keep("refresh", await client.get("/api/openrouter/status?refresh=true"));
  }
  await useConnect(client);
  await page.goto(`${server.url}/settings/keys`);
  await keep("disconnect", await client.post("/api/openrouter/disconnect", {}));
  await keep("chat on the shared key", await chat(client));
}

/** Pages as the browser asks for parts of them, and packed as it is sent to every browser. */
async function usePartsOfPages(client: Client) {
  const headers = { cookie: client.cookie() };
  for (const path of everyPage({ id: randomUUID() })) {
    const part = { headers: { ...headers, rsc: "1" }, redirect: "manual" } as const;
    await keep(`part of ${path}`, await fetch(`${server.url}${path}`, part));
    const packed = await new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve, reject) => {
      get(`${server.url}${path}`, { headers: { ...headers, "accept-encoding": "gzip" } }, async (answer) => {
        const bytes = Buffer.concat(await answer.toArray());
        resolve({ encoding: answer.headers["content-encoding"], bytes });
      }).on("error", reject);
    });
    seen.push([`packed ${path}`, packed.bytes]);
    if (path === "/settings/keys") expect(packed.encoding).toBe("gzip");
  }
}

/** Every route that takes a body, with bodies that are wrong and hold a key. */
async function useWrongBodies(client: Client) {
  const key = pasted.anthropic ?? "";
  const bodies = [
    {},
    { id: 1 },
    { id: randomUUID(), message: message(), apiKey: key },
    { provider: "nobody", apiKey: key },
    { provider: "openai", apiKey: [key] },
    { provider: "openai", apiKey: `\u0000${key}\n`, extra: key },
    { [key]: key },
    "x".repeat(2_000_000),
  ];
  const destroys = /\/(lock|disconnect|sessions)/; // used for what they are for, later or elsewhere
  for (const path of everyRoute({ id: randomUUID(), provider: "openai", nextauth: "csrf" })) {
    if (destroys.test(path)) continue;
    for (const body of bodies) await keep(`POST ${path}, wrong`, await client.post(path, body as object));
  }
}

/** Keys that are pasted: a good one of OpenRouter's, and one of each provider that does not know it. */
async function useKeys(client: Client) {
  const { key } = emulator.createKey({ label: "pasted" });
  canaries.push({ name: "pasted key", text: key, isApiKey: true });
  const apiKey = key;
  await keep("test a key", await client.post("/api/test-api-key", { provider: "openrouter", apiKey }));
  await keep("save a key", await client.post("/api/provider-configs", { provider: "openrouter", apiKey }));
  for (const path of ["", "/openrouter", "/openrouter/usage"])
    await keep(`keys${path}`, await client.get(`/api/provider-configs${path}`));
  await keep("check a key", await client.post("/api/provider-configs/openrouter/check", {}));
  await keep("revoke page", await client.post("/api/openrouter/revoke", {}));
  await keep("chat on a pasted key", await chat(client));
  await keep("put the old key back", await client.post("/api/provider-configs/openrouter/undo", {}));
  for (const [provider, secret] of Object.entries(pasted)) {
    const body = { provider, apiKey: secret };
    await keep(`test ${provider}`, await client.post("/api/test-api-key", body));
    await keep(`save ${provider}`, await client.post("/api/provider-configs", body));
  }
  for (const scenario of KEY_FAULTS) {
    emulator.addScenario({ scenario, times: 1 });
    await keep(`save, ${scenario}`, await client.post("/api/provider-configs", { provider: "openrouter", apiKey }));
    emulator.clearScenarios();
  }
}

async function useConnect(client: Client) {
  for (const scenario of EXCHANGE_FAULTS) {
    emulator.addScenario({ scenario, times: 1 });
    const started = await client.get("/api/openrouter/connect");
    await keep("connect", new Response(null, { headers: started.headers }));
    const location = started.headers.get("location");
    if (!location) continue; // too many attempts
    const back = new URL(await emulator.decide(location, "allow"));
    await keep(`callback, ${scenario}`, await client.get(back.pathname + back.search));
    emulator.clearScenarios();
  }
}

/** Tables that are gone, and a key that was altered: drizzle's and postgres.js's errors carry every parameter. */
async function breakDatabase(url: URL) {
  const { db, close } = await openPostgres(url.href, { max: 1 });
  const client = visitor(server.url);
  await signIn(client, account);
  try {
    for (const table of ["messages", "conversations", "user_api_keys", "audit_events"]) {
      await db.execute(sql.raw(`alter table ai.${table} rename to ${table}_gone`));
      await keep(`chat without ${table}`, await chat(client));
      await keep(`save without ${table}`, await client.post("/api/provider-configs", saving()));
      for (const path of ["/", "/settings/keys", "/settings/security", "/api/conversations", "/api/audit-events"])
        await keep(`${path} without ${table}`, await client.get(path));
      await db.execute(sql.raw(`alter table ai.${table}_gone rename to ${table}`));
    }
    await keep("save again", await client.post("/api/provider-configs", saving()));
    await db.execute(sql`update ai.user_api_keys set encrypted_key = left(encrypted_key, -8) || 'AAAAAAA='`);
    expect(await keep("chat on a key that does not open", await chat(client))).toBe(200);
    await keep("check a key that does not open", await client.post("/api/provider-configs/openrouter/check", {}));
  } finally {
    await close();
  }
}

function saving() {
  const { key: apiKey } = emulator.createKey({ label: "saved in a fault" });
  canaries.push({ name: "key saved in a fault", text: apiKey, isApiKey: true });
  return { provider: "openrouter", apiKey };
}

/** What Node writes on a crash, asked for while an answer runs. */
async function askForReport() {
  const client = visitor(server.url);
  await signIn(client, account);
  emulator.set({ firstTokenMs: 1000 });
  const answer = chat(client);
  process.kill(server.pid, "SIGUSR2");
  await vi.waitFor(() => {
    const [report] = filesIn(folders.reports);
    expect(readFileSync(report ?? "", "utf8").trimEnd()).toMatch(/\}$/); // whole
  }, 10_000);
  await keep("chat during a report", await answer);
}

async function exportAudit() {
  const args = scriptArguments(process.execPath, "lib/cli/audit.ts", ["export"]);
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: server.env as NodeJS.ProcessEnv,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(status, stderr).toBe(0);
  expect(stdout.split("\n").length).toBeGreaterThan(10);
  seen.push(["the audit export", stdout + stderr]);
}
