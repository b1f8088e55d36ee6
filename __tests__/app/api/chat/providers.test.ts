import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { problem, readAnswer, say } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { expectKeyOnlyAt, keyDoors } from "@/__tests__/support/emulator";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { audited, rawKey, storeKey } from "@/__tests__/support/stored-keys";
import { POST as stop } from "@/app/api/chat/[id]/stop/route";
import { POST } from "@/app/api/chat/route";
import { GET as read } from "@/app/api/conversations/[id]/route";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import type { ConversationWithMessages } from "@/lib/conversations/read";
import { startEmulator } from "@/lib/emulator/server";
import { providerNames } from "@/lib/providers/names";

const TEXT = "One key for every door.";
const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: TEXT } });
afterAll(() => emulator.close());
const sharedKey = emulator.createKey({ label: "shared" }).key;
setTestEnv({ ...standInSettings(emulator.url), OPENROUTER_API_KEY: sharedKey });
const db = await testDatabase();

beforeEach(() => {
  emulator.clearScenarios();
  emulator.clearRequests();
  emulator.set({ firstTokenMs: 0, tokenMs: 0, text: TEXT });
});

const providers = ["openai", "anthropic", "google", "xai"] as const;
type DirectProvider = (typeof providers)[number];
/** A model that each is offered to answer with, and where it is asked. */
const models: Record<DirectProvider, { model: string; path: string }> = {
  openai: { model: "gpt-4o-mini", path: "/openai/v1/responses" },
  anthropic: { model: "claude-haiku-4-5", path: "/anthropic/v1/messages" },
  google: {
    model: "gemini-2.5-flash",
    path: "/google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
  },
  xai: { model: "grok-4", path: "/xai/v1/responses" },
};
/** Makes the next answers of a provider end so, in that provider's own words. */
const script = (provider: DirectProvider, scenario: Parameters<typeof emulator.addScenario>[0]["scenario"]) =>
  emulator.addScenario({ match: { path: models[provider].path.split("?")[0] }, scenario });
const idOf = (provider: DirectProvider) => `${provider}:${models[provider].model}`;

type KeyState = Parameters<typeof emulator.createProviderKey>[0]["state"];

/** Somebody signed in, with a key of the provider that the stand-in knows. */
async function withKeyOf(provider: DirectProvider, state: KeyState = "active") {
  const person = await signedIn(db);
  const { key, hash } = emulator.createProviderKey({ provider, state });
  await storeKey(person.id, { apiKey: key, provider });
  return { ...person, key, hash };
}

const ask = (person: { cookie: string }, model: string, body: Record<string, unknown> = {}) =>
  POST(
    apiRequest("/api/chat", {
      method: "POST",
      cookie: person.cookie,
      body: { id: randomUUID(), message: say(), model, ...body },
    }),
  );

async function conversation(person: { cookie: string }, id: string): Promise<ConversationWithMessages> {
  const request = apiRequest(`/api/conversations/${id}`, { cookie: person.cookie });
  return (await (await read(request, { params: Promise.resolve({ id }) })).json()) as ConversationWithMessages;
}

describe.each(providers)("an answer on a key of %s", (provider) => {
  it("comes from its own model, with its receipt, and the key is seen at its own door only", async () => {
    const person = await withKeyOf(provider);
    const id = randomUUID();
    const response = await ask(person, idOf(provider), { id });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-key-source")).toBe("user");
    expect(response.headers.get("x-key-provider")).toBe(provider);
    const answer = await readAnswer(response);
    expect(answer).toMatchObject({ text: TEXT, error: undefined });
    const stored = (await conversation(person, id)).messages[1];
    expect(stored).toMatchObject({ status: "complete", finishReason: "stop" });
    expect(stored?.metadata.receipt).toMatchObject({
      model: idOf(provider),
      keySource: "user",
      keyProvider: provider,
      keyHint: person.key.slice(-4),
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      costIsEstimate: provider !== "xai",
    });
    expect(Number(stored?.metadata.receipt?.costUsd)).toBeGreaterThan(0);
    expect(answer.message?.metadata).toMatchObject({ receipt: { costUsd: stored?.metadata.receipt?.costUsd } });
    expect(emulator.requests().map(({ path }) => path)).toEqual([models[provider].path]);
    expectKeyOnlyAt(emulator.requests(), person.key, keyDoors[provider]);
    await vi.waitFor(async () => expect(await rawKey(db, person.id, provider)).toMatchObject({ usageCount: 1 }));
  });

  it("is asked with a cap, with the stored history, and nothing that names the person", async () => {
    const person = await withKeyOf(provider);
    const id = randomUUID();
    await readAnswer(await ask(person, idOf(provider), { id, message: say("first") }));
    await readAnswer(await ask(person, idOf(provider), { id, message: say("second") }));
    const body = JSON.stringify(emulator.requests().at(-1)?.body);
    expect(body).toMatch(/"(max_output_tokens|max_tokens|maxOutputTokens)":\d+/);
    expect(body).toMatch(/first.*One key for every door\..*second/);
    expect(body).not.toContain(person.id);
    if (provider === "openai" || provider === "xai") expect(body).toContain('"store":false');
  });

  it.each([
    ["status-400", 400, "invalid_request", "active"],
    ["status-401", 403, "key_invalid", "invalid"],
    ["status-402", 402, "out_of_credit", "out_of_credit"],
    ["status-403", 403, "model_not_allowed", "active"],
    ["status-404", 404, "model_not_found", "active"],
    ["status-413", 413, "payload_too_large", "active"],
    ["status-429", 429, "provider_rate_limited", "active"],
    ["status-500", 502, "provider_unavailable", "active"],
    ["status-503", 502, "provider_unavailable", "active"],
    ["status-504", 504, "provider_timeout", "active"],
    ["status-529", 502, "provider_unavailable", "active"],
    ["unknown-key", 403, "key_invalid", "invalid"],
    ["unknown-model", 404, "model_not_found", "active"],
    ["html", 502, "provider_unavailable", "active"],
    ["html-502", 502, "provider_unavailable", "active"],
    ["empty-json", 502, "provider_unavailable", "active"],
    ["no-json", 502, "provider_unavailable", "active"],
    ["huge-body", 502, "provider_unavailable", "active"],
    ["redirect", 502, "provider_unavailable", "active"],
  ] as const)(
    "%s is an HTTP %i %s in its name, leaves the key %s, and is asked once",
    async (name, status, code, state) => {
      const person = await withKeyOf(provider);
      const id = randomUUID();
      script(provider, name);
      const refused = await problem(await ask(person, idOf(provider), { id }));
      expect(refused).toMatchObject({ status, code });
      expect(refused.detail).toMatch(/charged|kept|again/i);
      expect(refused.detail).not.toContain("OpenRouter");
      if (state !== "active") expect(refused.detail).toContain(providerNames[provider]);
      expect(await rawKey(db, person.id, provider)).toMatchObject({ state });
      expect(emulator.requests()).toHaveLength(1);
      const stored = await conversation(person, id);
      expect(stored.messages.map(({ status: s, errorCode }) => [s, errorCode])).toEqual([
        ["complete", null],
        ["failed", code],
      ]);
    },
  );

  it.each([
    ["an error in the stream", { errorAfter: 3, error: { code: 500, message: "x" } }, "failed"],
    ["a cut stream", { cutAfter: 3 }, "interrupted"],
    ["a reset connection", { resetAfter: 3 }, "failed"],
  ] as const)("%s keeps the text so far and names the provider", async (_what, scenario, status) => {
    const person = await withKeyOf(provider);
    emulator.set({ text: "one two three four five six seven eight nine ten", tokenMs: 5 });
    script(provider, scenario);
    const id = randomUUID();
    const answer = await readAnswer(await ask(person, idOf(provider), { id }));
    expect(answer.text).toMatch(/^one/);
    const { code, detail } = JSON.parse(answer.error ?? "{}") as { code: string; detail: string };
    expect(code).toBe("provider_unavailable");
    expect(detail).toContain("kept");
    expect(detail).toContain(providerNames[provider]);
    const stored = (await conversation(person, id)).messages[1];
    expect(stored).toMatchObject({ status, errorCode: code });
    expect(stored?.parts.find((part) => part.type === "text")?.text).toBe(answer.text);
  });

  it("a piece that cannot be read is passed over", async () => {
    const person = await withKeyOf(provider);
    script(provider, { malformedAfter: 2 });
    expect(await readAnswer(await ask(person, idOf(provider)))).toMatchObject({ text: TEXT });
  });

  it("Stop cuts it off within a second and keeps the text", async () => {
    const person = await withKeyOf(provider);
    emulator.set({ text: "word ".repeat(400), tokenMs: 20 });
    const id = randomUUID();
    const reading = readAnswer(await ask(person, idOf(provider), { id }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const request = apiRequest(`/api/chat/${id}/stop`, { method: "POST", cookie: person.cookie });
    expect((await stop(request, { params: Promise.resolve({ id }) })).status).toBe(204);
    await vi.waitFor(() => expect(emulator.streams().open).toBe(0), { timeout: 1000 });
    expect((await reading).chunks.at(-1)?.type).toBe("abort");
    expect((await conversation(person, id)).messages[1]).toMatchObject({ status: "stopped" });
  });

  it("too many questions are told with the time to wait", async () => {
    const person = await withKeyOf(provider);
    script(provider, { status: 429, headers: { "retry-after": "7" }, body: { error: { message: "slow down" } } });
    expect((await ask(person, idOf(provider))).headers.get("retry-after")).toBe("7");
  });

  it("a key that was revoked there is marked, told and not asked with again; the shared key never steps in", async () => {
    const person = await withKeyOf(provider);
    emulator.changeProviderKey(person.hash, { state: "revoked" });
    expect(await problem(await ask(person, idOf(provider)))).toMatchObject({
      code: "key_invalid",
      action: "reconnect",
    });
    expect(await problem(await ask(person, idOf(provider)))).toMatchObject({ code: "key_invalid" });
    expect(emulator.requests()).toHaveLength(1);
    expect(await audited(db, person.id)).toContain("key_rejected");
  });

  it("without a key is no_key with the way to one, although there is a shared key", async () => {
    const person = await signedIn(db);
    expect(await problem(await ask(person, idOf(provider)))).toMatchObject({
      status: 403,
      code: "no_key",
      action: "connect",
      detail: expect.stringContaining(providerNames[provider]),
    });
    expect(emulator.requests()).toEqual([]);
  });
});

describe("each provider's own words", () => {
  it.each([
    ["openai", "no-credit", "out_of_credit", "out_of_credit"],
    ["openai", "context-length", "payload_too_large", "active"],
    ["anthropic", "no-credit", "out_of_credit", "out_of_credit"],
    ["anthropic", "context-length", "payload_too_large", "active"],
    ["google", "no-credit", "provider_rate_limited", "active"],
    ["google", "leaked", "key_invalid", "invalid"],
    ["google", "key-type-unsupported", "key_invalid", "invalid"],
    ["google", "api-disabled", "model_not_allowed", "active"],
    ["openai", "ip-not-authorized", "key_invalid", "active"],
    ["openai", "not-a-member", "key_invalid", "active"],
    ["openai", "unsupported-country", "provider_unavailable", "active"],
    ["openai", "missing-scope-401", "model_not_allowed", "active"],
    ["openai", "answering-denied", "model_not_allowed", "active"],
    ["openai", "blocked", "key_invalid", "invalid"],
    ["anthropic", "overloaded", "provider_unavailable", "active"],
    ["anthropic", "low-credit-400", "out_of_credit", "out_of_credit"],
    ["anthropic", "blocked", "key_invalid", "invalid"],
    ["anthropic", "answering-denied", "model_not_allowed", "active"],
    ["google", "answering-denied", "model_not_allowed", "active"],
    ["xai", "blocked", "key_invalid", "invalid"],
    ["xai", "no-credit", "out_of_credit", "out_of_credit"],
  ] as const)("%s: %s is %s and leaves the key %s", async (provider, scenario, code, state) => {
    const person = await withKeyOf(provider);
    script(provider, scenario);
    expect(await problem(await ask(person, idOf(provider)))).toMatchObject({ code });
    expect(await rawKey(db, person.id, provider)).toMatchObject({ state });
  });
});

it.each(["openai", "google", "xai"] as const)(
  "an answer of %s without reported tokens has neither counts nor cost, rather than 0",
  async (provider) => {
    const person = await withKeyOf(provider);
    script(provider, { usage: "none" });
    const { message } = await readAnswer(await ask(person, idOf(provider)));
    const receipt = { inputTokens: null, outputTokens: null, costUsd: null, costIsEstimate: false };
    expect(message?.metadata).toMatchObject({ receipt });
  },
);

describe("keys of several providers", () => {
  it("are each used for their own models only, in one conversation", async () => {
    const person = await signedIn(db);
    const keys = await Promise.all(
      providers.map(async (provider) => {
        const { key } = emulator.createProviderKey({ provider });
        await storeKey(person.id, { apiKey: key, provider });
        return { provider, key };
      }),
    );
    const id = randomUUID();
    for (const provider of providers) {
      await readAnswer(await ask(person, idOf(provider), { id, message: say(`to ${provider}`) }));
    }
    for (const { provider, key } of keys) expectKeyOnlyAt(emulator.requests(), key, keyDoors[provider]);
    const receipts = (await conversation(person, id)).messages.flatMap(({ metadata }) => metadata.receipt ?? []);
    expect(receipts.map(({ keyProvider }) => keyProvider)).toEqual([...providers]);
  });
});

it("shows the thoughts of a model whose provider streams them", async () => {
  const person = await withKeyOf("google");
  const { message } = await readAnswer(await ask(person, "google:gemini-2.5-flash"));
  const thoughts = message?.parts.filter(({ type }) => type === "reasoning") ?? [];
  expect(thoughts.length).toBeGreaterThan(0);
});
