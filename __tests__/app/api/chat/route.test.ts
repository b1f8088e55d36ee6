import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { problem, readAnswer, say } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { textsOf } from "@/__tests__/support/message-parts";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { audited, rawKey, storeKey, tamper } from "@/__tests__/support/stored-keys";
import { POST as stop } from "@/app/api/chat/[id]/stop/route";
import { POST } from "@/app/api/chat/route";
import { GET as read } from "@/app/api/conversations/[id]/route";
import type { ConversationWithMessages } from "@/lib/conversations/read";
import { startEmulator } from "@/lib/emulator/server";
import { setPreferences } from "@/lib/preferences/set-preferences";

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "One key for every door." } });
afterAll(() => emulator.close());
const sharedKey = emulator.createKey({ label: "shared" }).key;
const environment = { OPENROUTER_URL: emulator.url, NEXT_PUBLIC_APP_URL: "https://chat.example.org" };
setTestEnv(environment);
const db = await testDatabase();

beforeEach(() => {
  setTestEnv({ ...environment, ...keepSecrets });
  emulator.clearScenarios();
  emulator.clearRequests();
  emulator.set({ firstTokenMs: 0, tokenMs: 0, text: "One key for every door." });
});
const keepSecrets = (({ NEXTAUTH_SECRET }) => ({ NEXTAUTH_SECRET }))(setTestEnv(environment));

type Person = Awaited<ReturnType<typeof signedIn>>;

/** Somebody signed in, with a key that the stand-in knows. */
async function withOwnKey(options: Parameters<typeof emulator.createKey>[0] = {}) {
  const person = await signedIn(db);
  const { key, hash } = emulator.createKey(options);
  await storeKey(person.id, { apiKey: key });
  return { ...person, key, hash };
}

const shareKey = (more: Record<string, string> = {}) =>
  setTestEnv({ ...environment, ...keepSecrets, OPENROUTER_API_KEY: sharedKey, ...more });
function ask(person: { cookie: string }, body: Record<string, unknown> = {}) {
  const id = randomUUID();
  return POST(
    apiRequest("/api/chat", {
      method: "POST",
      cookie: person.cookie,
      body: { id, message: say(), model: "openai/gpt-4o-mini", ...body },
    }),
  );
}

async function conversation(person: { cookie: string }, id: string): Promise<ConversationWithMessages> {
  const response = await read(apiRequest(`/api/conversations/${id}`, { cookie: person.cookie }), {
    params: Promise.resolve({ id }),
  });
  return (await response.json()) as ConversationWithMessages;
}

describe("an answer on the own key", () => {
  it("is streamed as the AI SDK's reader expects, says who pays, and is stored with its receipt", async () => {
    const person = await withOwnKey();
    const response = await ask(person);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": expect.stringContaining("text/event-stream"),
      "cache-control": expect.stringContaining("no-store"),
      "x-key-source": "user",
      "x-key-provider": "openrouter",
      "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "strict-transport-security": expect.stringContaining("max-age="),
    });
    expect(response.headers.has("x-key-fallback")).toBe(false);
    const id = response.headers.get("x-conversation-id") ?? "";
    const answer = await readAnswer(response);
    expect(answer.text).toBe("One key for every door.");
    const stored = await conversation(person, id);
    const receipt = stored.messages[1]?.metadata.receipt;
    expect(stored.messages.map(({ role, status }) => [role, status])).toEqual([
      ["user", "complete"],
      ["assistant", "complete"],
    ]);
    expect(stored.messages[1]).toMatchObject({ id: answer.message?.id, finishReason: "stop" });
    expect(receipt).toMatchObject({
      model: "openrouter:openai/gpt-4o-mini",
      keySource: "user",
      keyHint: person.key.slice(-4),
      keyLabel: "Chatelaine",
    });
    expect(Number(receipt?.costUsd)).toBeGreaterThan(0);
    expect(receipt?.inputTokens).toBeGreaterThan(0);
    expect(receipt?.generationId).toMatch(/^gen-/);
    expect(answer.message?.metadata).toMatchObject({ receipt: { costUsd: receipt?.costUsd } });
  });

  it("is paid by that key and no other, with a cap, a pseudonym and our name, once and at one host", async () => {
    const person = await withOwnKey();
    shareKey();
    await readAnswer(await ask(person));
    const [call, ...others] = emulator.requests();
    expect(others).toEqual([]);
    expect(call).toMatchObject({ path: "/api/v1/chat/completions", keyHash: person.hash });
    const body = call?.body as { max_tokens: number; user: string };
    expect(body.max_tokens).toBeGreaterThan(0);
    expect(body.user).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(call)).not.toContain(person.id);
    expect(call?.attribution).toMatchObject({
      "http-referer": "https://chat.example.org",
      "x-openrouter-title": "Chatelaine",
    });
  });

  it("counts one use of the key", async () => {
    const person = await withOwnKey();
    await readAnswer(await ask(person));
    await vi.waitFor(async () => expect(await rawKey(db, person.id)).toMatchObject({ usageCount: 1 }));
  });

  it("sends the stored history, never the request's", async () => {
    const person = await withOwnKey();
    const id = randomUUID();
    await readAnswer(await ask(person, { id, message: say("first") }));
    await readAnswer(await ask(person, { id, message: say("second") }));
    const body = emulator.requests().at(-1)?.body as { messages: { role: string; content: unknown }[] } | undefined;
    const sent = body?.messages ?? [];
    expect(sent.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(JSON.stringify(sent)).toContain("One key for every door.");
  });
});

describe("who pays", () => {
  it("the shared key steps in visibly when there is no own key", async () => {
    shareKey();
    const person = await signedIn(db);
    const response = await ask(person);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-key-source": "shared",
      "x-key-fallback": "no_key",
    });
    const { message } = await readAnswer(response);
    expect(message?.metadata).toMatchObject({ receipt: { keySource: "shared", keyFallback: "no_key", keyHint: null } });
  });

  it("the shared key steps in for a key that does not open, says so, and the log of events has it", async () => {
    const person = await withOwnKey();
    shareKey();
    const broken = (await rawKey(db, person.id))?.encryptedKey?.replace(/.{6}$/, "AAAAAA") ?? "";
    await tamper(db, person.id, { encryptedKey: broken });
    const response = await ask(person);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-key-source": "shared",
      "x-key-fallback": "undecryptable",
    });
    await readAnswer(response);
    expect(await audited(db, person.id)).toContain("key_decrypt_failed");
  });

  it("nobody without a key and without a shared one, and the question is not stored half", async () => {
    const person = await signedIn(db);
    const id = randomUUID();
    expect(await problem(await ask(person, { id }))).toMatchObject({ status: 403, code: "no_key", action: "connect" });
    expect((await conversation(person, id)) as unknown).toMatchObject({ code: "not_found" });
  });

  it("not the shared key when its owner forbade it", async () => {
    shareKey();
    const person = await signedIn(db);
    await setPreferences(person.id, { sharedKey: "never" });
    expect(await problem(await ask(person))).toMatchObject({ code: "no_key" });
    expect(emulator.requests()).toEqual([]);
  });

  it("not the shared key for a model that the operator does not allow", async () => {
    shareKey({ SHARED_KEY_MODELS: "*:free,openai/gpt-4o-mini" });
    const person = await signedIn(db);
    expect((await ask(person)).status).toBe(200);
    expect(await problem(await ask(person, { model: "anthropic/claude-sonnet-4.5" }))).toMatchObject({
      status: 403,
      code: "model_not_allowed",
      action: "choose_model",
    });
  });

  it("not the shared key once the share of the day is spent", async () => {
    shareKey({ SHARED_KEY_DAILY_USD: "0.000001" });
    const person = await signedIn(db);
    await readAnswer(await ask(person));
    expect(await problem(await ask(person))).toMatchObject({ status: 402, code: "budget_reached" });
    expect(emulator.requests()).toHaveLength(1);
  });

  it("not the shared key in place of a key that the provider refuses", async () => {
    const person = await withOwnKey();
    shareKey();
    emulator.changeKeys({ hash: person.hash, state: "disabled" });
    expect(await problem(await ask(person))).toMatchObject({ status: 403, code: "key_invalid", action: "reconnect" });
    expect(await problem(await ask(person))).toMatchObject({ status: 403, code: "key_invalid" });
    expect(emulator.requests()).toHaveLength(1); // the second time nobody was asked
    expect(await rawKey(db, person.id)).toMatchObject({ state: "invalid" });
    expect(await audited(db, person.id)).toContain("key_rejected");
  });
});

describe("a refusal before the first word", () => {
  it.each([
    ["status-400", 400, "invalid_request", "active"],
    ["status-401", 403, "key_invalid", "invalid"],
    ["status-402", 402, "out_of_credit", "out_of_credit"],
    ["status-403", 403, "model_not_allowed", "active"],
    ["status-404", 404, "model_not_found", "active"],
    ["status-408", 504, "provider_timeout", "active"],
    ["status-413", 413, "payload_too_large", "active"],
    ["status-422", 400, "invalid_request", "active"],
    ["status-429", 429, "provider_rate_limited", "active"],
    ["status-500", 502, "provider_unavailable", "active"],
    ["status-502", 502, "provider_unavailable", "active"],
    ["status-503", 502, "provider_unavailable", "active"],
    ["status-504", 504, "provider_timeout", "active"],
    ["status-524", 504, "provider_timeout", "active"],
    ["status-529", 502, "provider_unavailable", "active"],
    ["error-200", 502, "provider_unavailable", "active"],
    ["key-limit", 402, "key_limit_reached", "limit_reached"],
    ["key-limit-402", 402, "key_limit_reached", "limit_reached"],
    ["key-limit-budget", 402, "key_limit_reached", "limit_reached"],
    ["credit-too-low", 402, "out_of_credit", "out_of_credit"],
    ["in-flight-budget", 429, "provider_rate_limited", "active"],
    ["free-tier", 429, "provider_rate_limited", "active"],
    ["provider-429", 429, "provider_rate_limited", "active"],
    ["provider-502", 502, "provider_unavailable", "active"],
    ["moderation", 400, "invalid_request", "active"],
    ["guardrail", 400, "invalid_request", "active"],
    ["region-restricted", 403, "model_not_allowed", "active"],
    ["no-endpoints", 404, "model_not_found", "active"],
    ["context-length", 413, "payload_too_large", "active"],
    ["error-first-chunk", 429, "provider_rate_limited", "active"],
    ["html", 502, "provider_unavailable", "active"],
    ["html-502", 502, "provider_unavailable", "active"],
    ["empty-json", 502, "provider_unavailable", "active"],
    ["no-json", 502, "provider_unavailable", "active"],
    ["huge-body", 502, "provider_unavailable", "active"],
    ["redirect", 502, "provider_unavailable", "active"],
  ] as const)(
    "%s is an HTTP %i %s, leaves the key %s, keeps the question and is asked once",
    async (scenario, status, code, state) => {
      const person = await withOwnKey();
      const id = randomUUID();
      emulator.addScenario({ scenario });
      const refused = await problem(await ask(person, { id }));
      expect(refused).toMatchObject({ status, code });
      expect(refused.detail).toMatch(/charged|kept|again/i);
      expect(await rawKey(db, person.id)).toMatchObject({ state });
      expect(emulator.requests()).toHaveLength(1);
      const stored = await conversation(person, id);
      expect(stored.messages.map(({ status: s, errorCode }) => [s, errorCode])).toEqual([
        ["complete", null],
        ["failed", code],
      ]);
    },
  );

  it("tells how long to wait", async () => {
    const person = await withOwnKey();
    emulator.addScenario({ scenario: "status-429" });
    expect((await ask(person)).headers.get("retry-after")).toBe("2");
  });

  it("from a model nobody offers is model_not_found", async () => {
    expect(await problem(await ask(await withOwnKey(), { model: "nobody/nothing" }))).toMatchObject({
      code: "model_not_found",
      action: "choose_model",
    });
  });

  it("from a provider that cannot be reached is provider_unavailable", async () => {
    const person = await withOwnKey();
    emulator.addScenario({ scenario: { reset: true } });
    expect(await problem(await ask(person))).toMatchObject({ status: 502, code: "provider_unavailable" });
  });
});

describe("a fault in the middle", () => {
  it.each([
    ["an error chunk", { errorAfter: 3 }, "failed", "provider_unavailable"],
    ["a cut stream", { cutAfter: 3 }, "interrupted", "provider_unavailable"],
    ["a reset connection", { resetAfter: 3 }, "failed", "provider_unavailable"],
  ] as const)("%s keeps the text so far and says so", async (_, scenario, status, code) => {
    const person = await withOwnKey();
    emulator.set({ text: "one two three four five six seven eight nine ten", tokenMs: 5 });
    const error = { code: 502, message: "Provider disconnected" };
    emulator.addScenario({ scenario: "errorAfter" in scenario ? { ...scenario, error } : scenario });
    const id = randomUUID();
    const answer = await readAnswer(await ask(person, { id }));
    expect(answer.text).toMatch(/^one/);
    expect(JSON.parse(answer.error ?? "{}")).toMatchObject({ code, detail: expect.stringContaining("kept") });
    const stored = (await conversation(person, id)).messages[1];
    expect(stored).toMatchObject({ status, errorCode: code });
    expect(textsOf(stored?.parts)[0]).toBe(answer.text);
  });

  it.each(["cost-null", "null-details", "missing-details", "none", "empty-choices"] as const)(
    "a usage of the form %s does not lose the answer",
    async (usage) => {
      const person = await withOwnKey();
      emulator.addScenario({ scenario: { usage } });
      const id = randomUUID();
      const answer = await readAnswer(await ask(person, { id }));
      expect(answer).toMatchObject({ text: "One key for every door.", error: undefined });
      expect((await conversation(person, id)).messages[1]?.status).toBe("complete");
    },
  );

  it("a piece that cannot be read is passed over", async () => {
    const person = await withOwnKey();
    emulator.addScenario({ scenario: { malformedAfter: 2 } });
    const id = randomUUID();
    const answer = await readAnswer(await ask(person, { id }));
    expect(answer.text).toBe("One key for every door.");
    expect((await conversation(person, id)).messages[1]?.status).toBe("complete");
  });
});

describe("Stop", () => {
  const slowly = () => emulator.set({ text: "word ".repeat(400), tokenMs: 20 });
  const stopIt = (person: Person, id: string) =>
    stop(apiRequest(`/api/chat/${id}/stop`, { method: "POST", cookie: person.cookie }), {
      params: Promise.resolve({ id }),
    });

  it("cuts the provider off within a second, keeps the text, and tells whoever still reads", async () => {
    const person = await withOwnKey();
    slowly();
    const id = randomUUID();
    const reading = readAnswer(await ask(person, { id }));
    await delay(300);
    expect((await stopIt(person, id)).status).toBe(204);
    await vi.waitFor(() => expect(emulator.streams().open).toBe(0), { timeout: 1000 });
    const answer = await reading;
    expect(answer.chunks.at(-1)?.type).toBe("abort");
    const stored = (await conversation(person, id)).messages[1];
    expect(stored).toMatchObject({ status: "stopped" });
    expect(textsOf(stored?.parts)[0]?.length).toBeGreaterThanOrEqual(answer.text.length);
    expect(textsOf(stored?.parts)[0]).toMatch(/^word /);
  });

  it("before the first word ends the call as well", async () => {
    const person = await withOwnKey();
    emulator.set({ firstTokenMs: 60_000 });
    const id = randomUUID();
    const asking = ask(person, { id });
    await vi.waitFor(() => expect(emulator.streams().open).toBe(1));
    await stopIt(person, id);
    await readAnswer(await asking);
    expect((await conversation(person, id)).messages[1]).toMatchObject({ status: "stopped", parts: [] });
    await vi.waitFor(() => expect(emulator.streams().open).toBe(0), { timeout: 1000 });
  });

  it("is not what hanging up means: the answer goes on to its end", async () => {
    const person = await withOwnKey();
    emulator.set({ text: "word ".repeat(60), tokenMs: 20 });
    const id = randomUUID();
    const reader = (await ask(person, { id })).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await vi.waitFor(async () => expect((await conversation(person, id)).messages[1]?.status).toBe("complete"), 5000);
    expect((await conversation(person, id)).messages[1]?.parts).toEqual([{ type: "text", text: "word ".repeat(60) }]);
  });

  it("is what hanging up means to those who chose so, once they have been gone for a moment", async () => {
    const person = await withOwnKey();
    await setPreferences(person.id, { whenLeaving: "stop" });
    slowly();
    const id = randomUUID();
    const reader = (await ask(person, { id })).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await vi.waitFor(() => expect(emulator.streams().open).toBe(0), { timeout: 4000 });
    await vi.waitFor(async () => expect((await conversation(person, id)).messages[1]?.status).toBe("interrupted"));
  });

  it("is nobody else's to press, and changes nothing where nothing runs", async () => {
    const [person, stranger] = [await withOwnKey(), await signedIn(db)];
    slowly();
    const id = randomUUID();
    const reader = (await ask(person, { id })).body?.getReader();
    expect((await stopIt(stranger, id)).status).toBe(404);
    expect(emulator.streams().open).toBe(1);
    await reader?.cancel();
    expect((await stopIt(person, id)).status).toBe(204);
    expect((await stopIt(person, id)).status).toBe(204);
    expect((await stopIt(person, "not-an-id")).status).toBe(404);
  });
});

describe("asking again", () => {
  it("a question whose answer stands is refused and costs nothing", async () => {
    const person = await withOwnKey();
    const [id, message] = [randomUUID(), say()];
    await readAnswer(await ask(person, { id, message }));
    expect(await problem(await ask(person, { id, message }))).toMatchObject({ status: 409, code: "conflict" });
    expect(emulator.requests()).toHaveLength(1);
  });

  it("twenty times at once is answered once", async () => {
    const person = await withOwnKey();
    emulator.set({ tokenMs: 20 });
    const [id, message] = [randomUUID(), say()];
    const responses = await Promise.all(Array.from({ length: 20 }, () => ask(person, { id, message })));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const response of responses) {
      if (response.status === 200) await readAnswer(response);
      else expect(await problem(response)).toMatchObject({ code: "conflict" });
    }
    expect(emulator.requests()).toHaveLength(1);
  });

  it("after a failure gives the same question another answer", async () => {
    const person = await withOwnKey();
    const [id, message] = [randomUUID(), say("open sesame")];
    emulator.addScenario({ scenario: "status-503", times: 1 });
    await ask(person, { id, message });
    await readAnswer(await ask(person, { id, message, trigger: "regenerate-message" }));
    const stored = await conversation(person, id);
    expect(stored.messages.map(({ role, status }) => [role, status])).toEqual([
      ["user", "complete"],
      ["assistant", "complete"],
    ]);
  });
});

describe("hostile requests", () => {
  it("signed out are refused", async () => {
    expect(await problem(await ask({ cookie: "" }))).toMatchObject({ status: 401, code: "unauthenticated" });
  });

  it("for somebody else's conversation find nothing and change nothing", async () => {
    const [person, stranger] = [await withOwnKey(), await withOwnKey()];
    const id = randomUUID();
    await readAnswer(await ask(person, { id }));
    expect(await problem(await ask(stranger, { id }))).toMatchObject({ status: 404, code: "not_found" });
    expect((await conversation(person, id)).messages).toHaveLength(2);
  });

  it.each([
    ["an id that is none", { id: "1" }],
    ["an unknown field", { userId: randomUUID() }],
    ["no message", { message: undefined }],
    ["an empty message", { message: say("  \n ") }],
    ["a message of the assistant", { message: { ...say(), role: "assistant" } }],
    ["a system message", { message: { ...say(), role: "system" } }],
    [
      "a file from anywhere",
      { message: { ...say(), parts: [{ type: "file", url: "http://127.0.0.1/x", mediaType: "image/png" }] } },
    ],
    ["a history", { messages: [say()] }],
    ["a model id with a line break", { model: "a\nb" }],
    ["an unknown trigger", { trigger: "__proto__" }],
    ["a message that is too long", { message: say("x".repeat(200_001)) }],
  ])("with %s are invalid_request, and no provider is asked", async (_, body) => {
    const person = await withOwnKey();
    expect(await problem(await ask(person, body))).toMatchObject({ status: 400, code: "invalid_request" });
    expect(emulator.requests()).toEqual([]);
  });

  it("that are too large, no JSON, of another type or from another site are refused by their own names", async () => {
    const { cookie } = await withOwnKey();
    const send = (init: Parameters<typeof apiRequest>[1]) =>
      POST(apiRequest("/api/chat", { method: "POST", cookie, ...init }));
    expect(await problem(await send({ body: `"${"x".repeat(1024 * 1024)}"` }))).toMatchObject({
      code: "payload_too_large",
      status: 413,
    });
    expect(await problem(await send({ body: "{" }))).toMatchObject({ code: "invalid_request" });
    expect(await problem(await send({ body: {}, headers: { "content-type": "text/plain" } }))).toMatchObject({
      code: "unsupported_media_type",
      status: 415,
    });
    expect(await problem(await send({ body: {}, headers: { origin: "https://evil.example" } }))).toMatchObject({
      code: "cross_site_request",
      status: 403,
    });
  });
});
