import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { OpenRouter } from "@openrouter/sdk";
import * as openRouterErrors from "@openrouter/sdk/models/errors";
import { APICallError, generateText, streamText } from "ai";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "@/__tests__/support/emulator";
import { connect, newPerson, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const MODEL = "openai/gpt-4o-mini";
const TEXT = "Any program may ask, and none sees the key.";
const messages = [{ role: "user" as const, content: "Who may ask?" }];

let emulator: Emulator;
let server: Server;
let person: Visitor;
let token: string;
let baseURL: string;
const pace = { text: TEXT, firstTokenMs: 0, tokenMs: 0, tokens: null };
beforeAll(async () => {
  emulator = await startEmulator({ settings: pace });
  server = await startServer({ env: standInSettings(emulator.url) });
  baseURL = `${server.url}/api/v1`;
  person = await newPerson(server.url, { email: "tools@example.org", password: "programs-of-every-kind-ask" });
  await connect(person);
  token = await newToken();
});
afterEach(() => {
  emulator.set(pace);
  emulator.clearScenarios();
});
afterAll(async () => {
  await server?.stop();
  await emulator?.close();
});

async function newToken(more: Record<string, unknown> = {}): Promise<string> {
  const made = await person.post("/api/tokens", { name: "a program", scopes: ["chat"], ...more });
  expect(made.status).toBe(201);
  return ((await made.json()) as { token: string }).token;
}

const failed = (error: unknown) => error as { status?: number; code?: unknown; type?: unknown; message: string };
/** None of them may try again for minutes. */
const refused = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("was not refused"),
    (error: unknown) => error,
  );

describe("the client `openai`", () => {
  const client = (apiKey = token) => new OpenAI({ baseURL, apiKey, maxRetries: 0 });

  it("asks, streams with usage, lists models, embeds", async () => {
    const whole = await client().chat.completions.create({ model: MODEL, messages });
    expect(whole.choices[0]?.message.content).toBe(TEXT);
    let text = "";
    let usage: unknown;
    for await (const chunk of await client().chat.completions.create({ model: MODEL, messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage ??= chunk.usage;
    }
    expect(text).toBe(TEXT);
    expect(usage).toMatchObject({ cost: expect.any(Number) });
    const ids = (await client().models.list()).data.map(({ id }) => id);
    expect(ids).toContain(MODEL);
    const { data } = await client().embeddings.create({ model: "openai/text-embedding-3-small", input: ["a", "b"] });
    expect(data[1]?.embedding.length).toBeGreaterThan(3);
  });

  it("raises its proper errors", async () => {
    const ask = (model: string, apiKey?: string) =>
      refused(client(apiKey).chat.completions.create({ model, messages }));
    expect(await ask(MODEL, `${token.slice(0, -2)}zz`)).toBeInstanceOf(OpenAI.AuthenticationError);
    const missing = await ask("nobody/nothing");
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
    expect(failed(missing).code).toBe("model_not_found");
    expect(await ask("openai:gpt-5")).toBeInstanceOf(OpenAI.PermissionDeniedError);
    emulator.addScenario({ scenario: { status: 429 } } as never);
    const limited = await ask(MODEL);
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
    expect(failed(limited)).toMatchObject({ code: "provider_rate_limited", type: "rate_limit_error" });
    emulator.clearScenarios();
    emulator.addScenario({ scenario: { status: 502 } } as never);
    expect(await ask(MODEL)).toBeInstanceOf(OpenAI.InternalServerError);
    const reader = await newToken({ scopes: ["read"] });
    expect(await ask(MODEL, reader)).toBeInstanceOf(OpenAI.PermissionDeniedError);
  });

  it("hears of a failure in the middle of an answer", async () => {
    emulator.addScenario({ scenario: { errorAfter: 2, error: { code: 502, message: "sk-or-v1-hidden" } } } as never);
    const stream = await client().chat.completions.create({ model: MODEL, messages, stream: true });
    const error = await refused(
      (async () => {
        for await (const _ of stream);
      })(),
    );
    expect(failed(error).message).not.toContain("hidden");
    expect(failed(error).code).toBe("provider_unavailable");
  });
});

type Said = { choices: { message?: { content?: unknown }; delta?: { content?: string } }[] };

it("the client `@openrouter/sdk` asks, streams, lists models, and raises its proper errors", async () => {
  const client = (apiKey = token) => new OpenRouter({ apiKey, serverURL: baseURL, retryConfig: { strategy: "none" } });
  const whole = await client().chat.send({ chatRequest: { model: MODEL, messages, stream: false } });
  expect((whole as Said).choices[0]?.message?.content).toBe(TEXT);
  let text = "";
  const stream = await client().chat.send({ chatRequest: { model: MODEL, messages, stream: true } });
  for await (const chunk of stream as unknown as AsyncIterable<Said>) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  expect(text).toBe(TEXT);
  const wrong = await refused(
    client("chl_wrong").chat.send({ chatRequest: { model: MODEL, messages, stream: false } }),
  );
  expect(wrong).toBeInstanceOf(openRouterErrors.UnauthorizedResponseError);
  const missing = await refused(client().chat.send({ chatRequest: { model: "a/b", messages, stream: false } }));
  expect(missing).toBeInstanceOf(openRouterErrors.NotFoundResponseError);
  const list = await client().models.list();
  const entries =
    "result" in list
      ? (list as { result: { data: { id: string }[] } }).result
      : (list as unknown as { data: { id: string }[] });
  expect(entries.data.map(({ id }) => id)).toContain(MODEL);
});

describe.each([
  [
    "@ai-sdk/openai-compatible",
    () => createOpenAICompatible({ name: "chatelaine", baseURL, apiKey: token }).chatModel(MODEL),
  ],
  ["@openrouter/ai-sdk-provider", () => createOpenRouter({ baseURL, apiKey: token }).chat(MODEL)],
])("`ai` with `%s`", (_, model) => {
  it("asks, streams with usage, and is told what is refused", async () => {
    expect((await generateText({ model: model(), prompt: "Who?", maxRetries: 0 })).text).toBe(TEXT);
    const streamed = streamText({ model: model(), prompt: "Who?", maxRetries: 0 });
    expect(await streamed.text).toBe(TEXT);
    expect((await streamed.usage).outputTokens).toBeGreaterThan(0);
    emulator.addScenario({ scenario: { status: 429 } } as never); // a 402 would mark the key for a minute
    const error = await refused(generateText({ model: model(), prompt: "Who?", maxRetries: 0 }));
    expect(APICallError.isInstance(error) && [error.statusCode, error.message]).toEqual([
      429,
      expect.stringContaining("slow down"),
    ]);
  });
});

it("`@langchain/openai` asks, streams and embeds", async () => {
  const settings = { apiKey: token, configuration: { baseURL }, maxRetries: 0 };
  const chat = new ChatOpenAI({ ...settings, model: MODEL });
  expect((await chat.invoke([new HumanMessage("Who?")])).content).toBe(TEXT);
  let text = "";
  for await (const chunk of await chat.stream("Who?")) text += chunk.content;
  expect(text).toBe(TEXT);
  const vectors = await new OpenAIEmbeddings({ ...settings, model: "openai/text-embedding-3-small" }).embedDocuments([
    "a",
  ]);
  expect(vectors[0]?.length).toBeGreaterThan(3);
});

it("curl asks", async () => {
  const body = JSON.stringify({ model: MODEL, messages, stream: true });
  const args = [
    "-sN",
    `${baseURL}/chat/completions`,
    "-H",
    `Authorization: Bearer ${token}`,
    "-H",
    "Content-Type: application/json",
    "-d",
    body,
  ];
  const { stdout } = await promisify(execFile)("curl", args);
  expect(stdout.trimEnd().endsWith("data: [DONE]")).toBe(true);
});

/** A query leads past the server in front of Next, to the route: the same must come of it. */
describe.each(["", "?by=route"])("on either way (%s)", (query) => {
  const send = (body: unknown, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    fetch(`${baseURL}/chat/completions${query}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
    });

  it("refuses the same, in the same words and with the same headers", async () => {
    const table: [string, Promise<Response>, number][] = [
      ["an answer", send({ model: MODEL, messages }), 200],
      ["no token", send({ model: MODEL, messages }, { authorization: "Bearer x" }), 401],
      ["another type", send("x", { "content-type": "text/plain" }), 415],
      ["no JSON", send("{"), 400],
      ["depth", send(`{"model":"a/b","x":${"[".repeat(100_000)}`), 400],
      ["20 MB", send(`{"model":"${MODEL}","x":"${"x".repeat(20_000_000)}"}`), 413],
      ["an unknown model", send({ model: "nobody/nothing", messages }), 404],
    ];
    const names: Record<string, string[]> = {};
    for (const [name, sent, status] of table) {
      const response = await sent;
      expect(response.status, name).toBe(status);
      const body = (await response.json()) as { error?: { code: string; message: string } };
      if (status !== 200)
        expect(body.error, name).toMatchObject({ code: expect.any(String), message: expect.any(String) });
      names[name] = headersOf(response);
    }
    expect(names).toEqual(seenNames(names));
  });

  it("streams, and hangs up at the provider within a second", async () => {
    emulator.set({ tokens: 5000, tokenMs: 20 });
    const gone = new AbortController();
    const response = await send({ model: MODEL, messages, stream: true }, {}, { signal: gone.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("x-key-source")).toBe("user");
    await response.body?.getReader().read();
    gone.abort();
    await until(() => emulator.streams().open === 0, 1000);
  });
});

const IGNORED = new Set(["date", "connection", "keep-alive", "transfer-encoding", "content-length", "vary"]);
const headersOf = ({ headers }: Response) =>
  [...headers]
    .filter(([name]) => !IGNORED.has(name))
    .map(([name, value]) => (/request-id|ratelimit/.test(name) ? name : `${name}: ${value}`))
    .sort();
/** Those of the first way; the second is held against them. */
let first: Record<string, string[]> | undefined;
function seenNames(names: Record<string, string[]>) {
  first ??= names;
  return first;
}

it("holds a thousand idle streams in bounded memory, and hangs up all of them", async () => {
  emulator.set({ tokens: 5, tokenMs: 600_000 });
  const people = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const visitor = await newPerson(server.url, {
        email: `idle${n}@example.org`,
        password: "programs-of-every-kind-ask",
      });
      await connect(visitor);
      const made = await visitor.post("/api/tokens", { name: "idle", scopes: ["chat"] });
      return ((await made.json()) as { token: string }).token;
    }),
  );
  const gone = new AbortController();
  const ask = (bearer: string) =>
    fetch(`${baseURL}/chat/completions`, {
      method: "POST",
      signal: gone.signal,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify({ model: MODEL, messages, stream: true }),
    });
  const before = await residentMb(server.pid);
  const answers = await Promise.all(people.flatMap((bearer) => Array.from({ length: 50 }, () => ask(bearer))));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1000);
  await delay(2000);
  const perStreamKb = (((await residentMb(server.pid)) - before) * 1024) / 1000;
  expect(perStreamKb).toBeLessThan(200);
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
  gone.abort();
  await until(() => emulator.streams().open === 0, 5000);
});

async function residentMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) / 1024;
}
