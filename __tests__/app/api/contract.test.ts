import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { readAnswer, say } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { pdf } from "@/__tests__/support/files";
import { everyOperation, faults, routeFileOf } from "@/__tests__/support/openapi";
import { keyOf } from "@/__tests__/support/provider-keys";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { description } from "@/app/api/openapi.json/description";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { startEmulator } from "@/lib/emulator/server";
import type { Response as Described } from "@/lib/openapi/document";

/** Real answers of every route, held against what is said of them in /api/openapi.json. */

type Handler = (request: Request, context: { params: Promise<Record<string, unknown>> }) => Promise<Response>;
const modules = import.meta.glob<Record<string, Handler>>("/app/api/**/route.ts", { eager: true });
const files = Object.keys(modules);

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "One key for every door." } });
setTestEnv(standInSettings(emulator.url));
const db = await testDatabase();
let person: Awaited<ReturnType<typeof signedIn>>;
beforeEach(async () => {
  person = await signedIn(db);
});
afterAll(() => emulator.close());

type Call = {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  cookie?: string;
  headers?: Record<string, string>;
};
/** Operations that gave an answer other than a refusal. */
const answered = new Set<string>();

/** Calls an operation as it is described, and holds the answer against the description. */
async function call(id: string, { params = {}, query, body, cookie = person.cookie, headers }: Call = {}) {
  const operation = everyOperation.find(({ operationId }) => operationId === id);
  if (!operation) throw new Error(`${id} is not described`);
  const { path, method } = operation;
  const real = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
  const address = query ? `${real}?${new URLSearchParams(query)}` : real;
  const file = routeFileOf(path, files) ?? "";
  const inFolders = file.includes("[...nextauth]") ? { nextauth: path.replace("/api/auth/", "").split("/") } : params;
  const request = apiRequest(address, { method: method.toUpperCase(), body, cookie, headers });
  const handler = modules[file]?.[method.toUpperCase()] as Handler;
  const response = await handler(request, { params: Promise.resolve(inFolders) });
  await holdAgainst(id, operation.responses[response.status], response);
  if (response.status < 400) answered.add(id);
  return response;
}

async function holdAgainst(
  id: string,
  given: (typeof everyOperation)[number]["responses"][string] | undefined,
  response: Response,
) {
  const text = response.headers.get("content-type")?.startsWith("text/event-stream")
    ? ""
    : await response.clone().text();
  expect(given, `${id} answered ${response.status}, which is not described: ${text.slice(0, 300)}`).toBeDefined();
  const described = resolve(given);
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  const types = Object.keys(described.content ?? {});
  if (types.length === 0) return expect(text, `${id} has a body that is not described`).toBe("");
  const content = described.content?.[type] ?? described.content?.["*/*"];
  expect(content, `${id} answered ${type}; described are ${types}`).toBeDefined();
  if (!/json$/.test(type)) return;
  expect(faults(content?.schema ?? {}, JSON.parse(text)), `${id}: ${text.slice(0, 400)}`).toBeNull();
}

function resolve(given: (typeof everyOperation)[number]["responses"][string] | undefined): Described {
  if (given === undefined) return { description: "" };
  if (!("$ref" in given)) return given;
  return description().components.responses[given.$ref.split("/").at(-1) ?? ""] as Described;
}

const json = async <Body>(response: Response) => (await response.json()) as Body;
const providerKey = (provider: "openai" | "anthropic") => emulator.createProviderKey({ provider }).key;

/** A conversation with one question and its answer. */
async function conversation() {
  const { key } = emulator.createKey();
  await storeKey(person.id, { apiKey: key });
  const id = randomUUID();
  const response = await call("sendMessage", { body: { id, message: say(), model: "openai/gpt-4o-mini" } });
  await readAnswer(response);
  const { messages } = await json<{ messages: { id: string }[] }>(await call("readConversation", { params: { id } }));
  return { id, question: messages[0]?.id ?? "", answer: messages[1]?.id ?? "" };
}

it("signing in", async () => {
  const account = { email: `${randomUUID()}@example.org`, password: "correct horse battery" };
  await call("register", { body: { ...account, name: "Ada" }, cookie: "" });
  await call("register", { body: account, cookie: "" });
  await call("login", { body: { ...account, password: "wrong" }, cookie: "" });
  const pair = await json<{ accessToken: string; refreshToken: string }>(
    await call("login", { body: account, cookie: "" }),
  );
  await call("me", { cookie: "", headers: { authorization: `Bearer ${pair.accessToken}` } });
  const next = await json<{ refreshToken: string }>(
    await call("refresh", { body: { refreshToken: pair.refreshToken }, cookie: "" }),
  );
  await call("refresh", { body: { refreshToken: "chr_nothing" }, cookie: "" });
  await call("logout", { body: { refreshToken: next.refreshToken }, cookie: "" });
  const csrf = await call("csrfToken", { cookie: "" });
  const cookie = csrf.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const { csrfToken } = await json<{ csrfToken: string }>(csrf);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const fields = (more: Record<string, string>) => String(new URLSearchParams({ csrfToken, json: "true", ...more }));
  await call("signInWithPassword", { cookie, headers: form, body: fields({ ...account, password: "wrong" }) });
  const signIn = await call("signInWithPassword", { cookie, headers: form, body: fields(account) });
  const session = signIn.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  expect(await json(await call("currentSession", { cookie: session }))).toMatchObject({ user: { name: "Ada" } });
  await call("currentSession", { cookie: "" });
  await call("login", { body: account, cookie: "" });
  const { items } = await json<{ items: { id: string; kind: string }[] }>(
    await call("listSessions", { cookie: session }),
  );
  await call("endSession", { params: { id: items.find(({ kind }) => kind === "program")?.id ?? "" }, cookie: session });
  const passwords = { currentPassword: account.password, newPassword: "a better one, longer" };
  const changed = await call("changePassword", { body: passwords, cookie: session });
  const renewed = changed.headers.getSetCookie()[0]?.split(";")[0];
  await call("changePassword", { body: passwords, cookie: renewed });
  await call("signOut", { cookie: `${cookie}; ${renewed}`, headers: form, body: fields({}) });
});

it("sessions", async () => {
  const { items } = await json<{ items: { id: string }[] }>(await call("listSessions"));
  await call("endSession", { params: { id: items[0]?.id ?? "" } });
  await call("endSession", { params: { id: randomUUID() } });
  const other = await signedIn(db);
  const { items: others } = await json<{ items: { id: string }[] }>(
    await call("listSessions", { cookie: other.cookie }),
  );
  await call("endSession", { params: { id: others[0]?.id ?? "" } });
  await call("endOtherSessions");
});

it("conversations", async () => {
  const { id, question, answer } = await conversation();
  await call("listConversations");
  await call("listConversations", { query: { q: "door" } });
  await call("createConversation", { body: { title: "Locks" } });
  await call("changeConversation", { params: { id }, body: { pinned: true, reasoningEffort: "low" } });
  await call("changeConversation", { params: { id }, body: {} });
  const regenerated = await call("sendMessage", { body: { id, trigger: "regenerate-message", messageId: answer } });
  await readAnswer(regenerated);
  await call("readConversation", { params: { id } });
  await call("readConversation", { params: { id }, query: { limit: "0" } });
  await call("selectVersion", { params: { id }, body: { messageId: answer } });
  await call("forkConversation", { params: { id }, body: { messageId: answer } });
  await call("exportConversation", { params: { id } });
  await call("exportConversation", { params: { id }, query: { format: "md" } });
  await call("deleteMessage", { params: { id, messageId: question } });
  await call("deleteConversation", { params: { id } });
  await call("readConversation", { params: { id } });
});

it("a running answer", async () => {
  const { id } = await conversation();
  emulator.set({ text: "word ".repeat(200), tokenMs: 20 });
  const response = await call("sendMessage", { body: { id, message: say("Go on?") } });
  const running = await call("attachToAnswer", { params: { id } });
  expect(running.status).toBe(200);
  await call("stopAnswer", { params: { id } });
  await Promise.all([response.text(), running.text()]);
  await vi.waitFor(async () => expect((await call("attachToAnswer", { params: { id } })).status).toBe(204));
  emulator.set({ text: "One key for every door.", tokenMs: 0 });
});

it("questions that are refused", async () => {
  const ask = (more: object = {}) => call("sendMessage", { body: { id: randomUUID(), message: say(), ...more } });
  expect((await ask()).status).toBe(403);
  await ask({ model: "openai:gpt-5" });
  await ask({ temperature: 1 });
  await storeKey(person.id, { apiKey: emulator.createKey({ limit: 0 }).key });
  await ask();
});

it("a question that is not stored", async () => {
  const { key } = emulator.createKey();
  await storeKey(person.id, { apiKey: key });
  const body = { message: "What opens this door?", model: "openai/gpt-4o-mini" };
  expect((await call("sendTemporaryMessage", { body })).status).toBe(200);
  await call("sendTemporaryMessage", { body: { ...body, model: "openai:gpt-5" } });
});

it("other programs", async () => {
  const messages = [{ role: "user", content: "What opens this door?" }];
  const ask = (more: object = {}) =>
    call("createChatCompletion", { body: { model: "openai/gpt-4o-mini", messages, ...more } });
  expect((await ask()).status).toBe(403);
  await storeKey(person.id, { apiKey: emulator.createKey().key });
  expect((await ask()).status).toBe(200);
  await (await ask({ stream: true })).text();
  await ask({ model: 1 });
  await call("listModelsForPrograms");
  await call("describeStanding");
  await call("createEmbedding", { body: { model: "openai/text-embedding-3-small", input: "a door" } });
});

it("attachments", async () => {
  const headers = { "content-type": "application/octet-stream", "x-file-name": "door.pdf" };
  const stored = await call("uploadAttachment", { headers, body: pdf().toString("latin1") });
  const { id } = await json<{ id: string }>(stored);
  await call("uploadAttachment", { headers, body: "\u0000\u0001" });
  await call("readAttachment", { params: { id } });
  await call("deleteAttachment", { params: { id } });
  await call("deleteAttachment", { params: { id } });
});

it("models and preferences", async () => {
  await storeKey(person.id, { apiKey: providerKey("openai"), provider: "openai" });
  await call("listModels");
  await call("changeModelPreferences", { body: { titleModel: null } });
  await call("readPreferences");
  await call("changePreferences", { body: { sharedKey: "never" } });
  await call("changePreferences", { body: {} });
});

it("keys", async () => {
  const params = { provider: "openai" };
  const save = (apiKey: string) => call("saveKey", { body: { provider: "openai", apiKey } });
  await save(providerKey("openai"));
  await save(providerKey("openai"));
  expect((await save(keyOf.openai())).status).toBe(422);
  await call("undoReplaceKey", { params });
  await call("undoReplaceKey", { params });
  await call("checkKey", { params });
  await call("checkKey", { params: { provider: "google" } });
  await call("changeKeySettings", { body: { ...params, settings: { temperature: 0.5 } } });
  await call("listKeys");
  await call("keyUsage", { params });
  await call("testKey", { body: { ...params, apiKey: providerKey("anthropic") } });
  await call("testKey", { body: { ...params, apiKey: providerKey("openai") } });
  await call("removeKey", { params, query: { deactivate: "true" } });
  await call("listKeys");
  await call("removeKey", { params });
});

it("a provider that is away", async () => {
  emulator.addScenario({ match: { path: "/openai/v1/models" }, scenario: { status: 503 } });
  const body = { provider: "openai", apiKey: providerKey("openai") };
  expect((await call("saveKey", { body })).status).toBe(503);
  await call("testKey", { body });
  emulator.clearScenarios();
});

it("OpenRouter", async () => {
  await call("openRouterStatus");
  await storeKey(person.id, { apiKey: emulator.createKey({ limit: 10 }).key });
  await call("openRouterStatus", { query: { refresh: "true" } });
  await call("connectOpenRouter");
  await call("connectOpenRouter", { headers: { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" } });
  await call("signInWithOpenRouter", { cookie: "" });
  await call("openRouterCallback", { query: { error: "access_denied" } });
  await call("revokePage");
  await call("revokePage", { headers: { accept: "application/json" } });
  await call("disconnectOpenRouter");
  await call("disconnectOpenRouter");
});

it("personal tokens", async () => {
  const made = await call("createToken", { body: { name: "Editor", scopes: ["chat"], budgetUsd: "5" } });
  const { id, token } = await json<{ id: string; token: string }>(made);
  await call("createToken", { body: { name: "Editor", scopes: [] } });
  await call("listTokens");
  const headers = { authorization: `Bearer ${token}` };
  expect((await call("describeStanding", { cookie: "", headers })).status).toBe(200);
  for (const id of ["listKeys", "me", "listTokens"]) {
    expect((await call(id, { cookie: "", headers })).status).toBe(403);
  }
  await call("revokeToken", { params: { id } });
  await call("revokeToken", { params: { id } });
});

it("the account", async () => {
  await storeKey(person.id);
  await call("renameAccount", { body: { name: "Ada" } });
  await call("listAuditEvents");
  await call("listAuditEvents", { query: { limit: "1" } });
  await call("exportAccount");
  const exported = { "content-type": "application/json" };
  await (await call("importConversations", { body: "[]", headers: exported })).text();
  await call("importConversations", { body: "x", headers: { "content-type": "text/plain" } });
  const lock = await call("lockAccount");
  const cookie = lock.headers.getSetCookie()[0]?.split(";")[0];
  await call("listSessions");
  await call("deleteAccount", { cookie, body: { confirm: "delete my account" } });
});

it("health and the description itself", async () => {
  await call("health");
  await call("readiness");
  await call("openapi");
});

it("signed out, every guarded operation refuses as it is described", async () => {
  for (const { operationId, security, path } of everyOperation.filter((one) => one.security.length > 0)) {
    const params = Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, randomUUID()]));
    expect(
      (await call(operationId, { params, cookie: "", headers: {} })).status,
      `${operationId} ${JSON.stringify(security)}`,
    ).toBe(401);
  }
});

it("leaves no operation out", () => {
  expect(everyOperation.map(({ operationId }) => operationId).filter((id) => !answered.has(id))).toEqual([]);
});
