import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { MODEL, testEmulator, until } from "@/__tests__/support/emulator";
import { newProgram, newToken, type Program } from "@/__tests__/support/program";
import { apiRequest } from "@/__tests__/support/requests";
import { DELETE } from "@/app/api/tokens/[id]/route";
import { POST } from "@/app/api/v1/chat/completions/route";
import { writeCalls } from "@/lib/calls/record-call";
import { calls, messages, userApiKeys } from "@/lib/db/schema";
import { env } from "@/lib/env";

const db = await testDatabase();
const standIn = testEmulator();

let person: Program;
beforeEach(async () => {
  Object.assign(env(), standIn.settings);
  person = await newProgram(db, standIn);
});

const question = { model: MODEL, messages: [{ role: "user", content: "Why is the sky blue?" }] };
const ask = (body: unknown, headers: Record<string, string> = {}, token = person.token) =>
  POST(
    apiRequest("/api/v1/chat/completions", {
      method: "POST",
      body,
      headers: { origin: "", authorization: `Bearer ${token}`, ...headers },
    }),
  );
const written = async () => {
  await writeCalls();
  return db.select().from(calls).where(eq(calls.userId, person.id));
};
const sent = () => {
  const call = standIn.emulator.requests().findLast(({ path }) => path === "/api/v1/chat/completions");
  return call?.body as Record<string, unknown>;
};

describe("a program's question", () => {
  it("is answered byte for byte, and what it took is written down", async () => {
    standIn.emulator.set({ text: 'Sky is blue: “error”, "usage" and 青い空 🌌.', splitUtf8: true });
    const answer = await ask({ ...question, stream: true });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    expect(answer.headers.get("x-key-source")).toBe("user");
    const text = await answer.text();
    const direct = await (await standIn.chat(person.key, question)).text();
    const masked = (stream: string) => stream.replace(/gen-[\w-]+|"created":\d+/g, "");
    expect(masked(text)).toBe(masked(direct));
    const [call] = await written();
    expect(call).toMatchObject({ status: "complete", kind: "completion", tokenId: person.tokenId, keySource: "user" });
    expect(call?.model).toBe(`openrouter:${MODEL}`);
    expect(Number(call?.costUsd)).toBeGreaterThan(0);
    expect(call?.inputTokens).toBeGreaterThan(0);
    expect(call?.generationId).toMatch(/^gen-/);
  });

  it("is answered whole when no stream is asked for", async () => {
    const answer = await ask(question);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const body = await answer.json();
    expect(body).toMatchObject({ object: "chat.completion", choices: [{ finish_reason: "stop" }] });
    expect((await written())[0]).toMatchObject({ status: "complete", outputTokens: body.usage.completion_tokens });
  });

  it("goes on with every field as it came, but for the model's prefix and who the person is", async () => {
    const fields = {
      temperature: 1e-7,
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }],
      response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } },
      reasoning: { effort: "low" },
      n: 100,
      max_tokens: 100,
      provider: { order: ["OpenAI"] },
      unknown_field: { deep: [1, { two: null }] },
    };
    await (await ask({ ...question, ...fields, model: `openrouter:${MODEL}`, user: "me@example.org" })).text();
    const { user, ...rest } = sent();
    expect(rest).toEqual({ ...question, ...fields });
    expect(user).toMatch(/^[\w-]{43}$/);
  });

  it("puts the exchange into the history when it is asked to", async () => {
    const answer = await ask({ ...question, stream: true }, { "x-save-conversation": "true" });
    await answer.text();
    const id = answer.headers.get("x-conversation-id") ?? "";
    await expect
      .poll(() => db.select().from(messages).where(eq(messages.conversationId, id)).orderBy(messages.seq))
      .toMatchObject([
        { role: "user", parts: [{ type: "text", text: "Why is the sky blue?" }] },
        { role: "assistant", status: "complete" },
      ]);
  });
});

describe("refusals in OpenAI's form", () => {
  const refusal = async (response: Response) => [response.status, (await response.json()).error];

  it.each([
    ["no JSON", "{", 400, "invalid_request"],
    ["a list", "[]", 400, "invalid_request"],
    ["nothing", "", 400, "invalid_request"],
    ["no model", "{}", 400, "invalid_request"],
    ["a model that is none", { ...question, model: "../../key" }, 400, "invalid_request"],
    ["two models", `{"model":"a/b","mod\\u0065l":"c/d"}`, 400, "invalid_request"],
    ["depth without end", `{"model":"a/b","x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 400, "invalid_request"],
    ["too many bytes", { ...question, pad: "x".repeat(9 * 1024 * 1024) }, 413, "payload_too_large"],
    ["an unknown model", { ...question, model: "nobody/nothing" }, 404, "model_not_found"],
    ["max_tokens beyond the account's credit", { ...question, max_tokens: 1_000_000_000 }, 402, "out_of_credit"],
  ])("%s", async (_, body, status, code) => {
    if (code === "out_of_credit") standIn.emulator.changeKeys({ hash: person.keyHash, credit: 0.01 });
    const [given, error] = await refusal(await ask(body));
    expect([given, error.code]).toEqual([status, code]);
    expect(error.message).toMatch(/\w\.$/);
  });

  it("of a token that is mistyped, has not the scope, or has spent its budget", async () => {
    const bad = await refusal(await ask(question, {}, `${person.token.slice(0, -1)}x`));
    expect(bad).toMatchObject([401, { type: "authentication_error", code: "unauthenticated" }]);
    const reader = await newToken(db, person.id, { scopes: ["read"] });
    expect(await refusal(await ask(question, {}, reader.token))).toMatchObject([403, { code: "forbidden" }]);
    const poor = await newToken(db, person.id, { budgetUsd: "0.000000001" });
    await (await ask(question, {}, poor.token)).text();
    await writeCalls();
    expect(await refusal(await ask(question, {}, poor.token))).toMatchObject([402, { code: "budget_reached" }]);
  });

  it("of a key that the provider took back: the state is stored, and nothing of the key is told", async () => {
    standIn.emulator.changeKeys({ hash: person.keyHash, state: "disabled" });
    const response = await ask({ ...question, stream: true });
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.code]).toEqual([403, "key_invalid"]);
    expect(text).not.toContain(person.key.slice(-6));
    await expect
      .poll(async () => (await db.select().from(userApiKeys).where(eq(userApiKeys.userId, person.id)))[0]?.state)
      .toBe("invalid");
    expect((await written())[0]).toMatchObject({ status: "failed", errorCode: "key_invalid" });
  });

  it("in the middle of an answer, in our words", async () => {
    standIn.emulator.addScenario({
      scenario: { errorAfter: 3, error: { code: 502, message: "upstream said sk-or-v1-secret" } },
    } as never);
    const text = await (await ask({ ...question, stream: true })).text();
    expect(text).not.toContain("sk-or-v1-secret");
    expect(text).toContain('"code":"provider_unavailable"');
    expect((await written())[0]).toMatchObject({ status: "failed", errorCode: "provider_unavailable" });
  });
});

it("hangs up at the provider when the program has gone", async () => {
  standIn.emulator.set({ tokens: 10_000, tokenMs: 10 });
  const answer = await ask({ ...question, stream: true });
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect(await until(() => standIn.emulator.streams().open === 0, 1000)).toBeLessThan(1000);
  await expect.poll(async () => (await written())[0]?.status).toBe("stopped");
});

it("is broken off when its token is revoked", async () => {
  standIn.emulator.set({ tokens: 10_000, tokenMs: 10 });
  const other = await newToken(db, person.id);
  const [revoked, kept] = await Promise.all([
    ask({ ...question, stream: true }),
    ask({ ...question, stream: true }, {}, other.token),
  ]);
  const request = apiRequest(`/api/tokens/${person.tokenId}`, { method: "DELETE", cookie: person.cookie });
  expect((await DELETE(request, { params: Promise.resolve({ id: person.tokenId }) })).status).toBe(204);
  await expect(revoked.text()).rejects.toThrow();
  await until(() => standIn.emulator.streams().open === 1, 1000);
  await kept.body?.cancel();
});

it("takes no more than a program reads", async () => {
  standIn.emulator.set({ tokens: 400_000, tokenMs: 0 });
  const before = process.memoryUsage().arrayBuffers;
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask({ ...question, stream: true })));
  await new Promise((go) => setTimeout(go, 1000));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * 1024 * 1024); // the stand-in's own included; unread, they would be 400 MB
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  await until(() => standIn.emulator.streams().open === 0);
});

it("lets one account have 50 answers open at once", async () => {
  standIn.emulator.set({ tokens: 10_000, tokenMs: 1000 });
  const answers = await Promise.all(Array.from({ length: 51 }, () => ask({ ...question, stream: true })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
  expect(answers.find(({ status }) => status !== 200)?.status).toBe(429);
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  await until(() => standIn.emulator.streams().open === 0);
  standIn.emulator.set({ tokens: 3, tokenMs: 0 });
  expect((await ask(question)).status).toBe(200);
});
