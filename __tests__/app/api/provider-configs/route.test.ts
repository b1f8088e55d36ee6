import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { POST as CHECK } from "@/app/api/provider-configs/[provider]/check/route";
import { DELETE } from "@/app/api/provider-configs/[provider]/route";
import { POST as UNDO } from "@/app/api/provider-configs/[provider]/undo/route";
import { GET as USAGE } from "@/app/api/provider-configs/[provider]/usage/route";
import { GET, POST, PUT } from "@/app/api/provider-configs/route";
import { lockAccount } from "@/lib/account/lock-account";
import { replacedKeys } from "@/lib/db/schema";
import { noteUse } from "@/lib/keys/note-use";
import { verifyKeyHistory } from "@/lib/keys/verify-key-history";
import { withStoredKey } from "@/lib/keys/with-key";
import { log } from "@/lib/log";
import type { Provider } from "@/lib/providers/names";
import { testDatabase } from "../../../support/database";
import { json, keyInfo, newKey } from "../../../support/openrouter-upstream";
import { newOpenAiKey, openAi, providerUpstream } from "../../../support/provider-upstream";
import { apiRequest, signedIn } from "../../../support/requests";
import { audited, dump, expectNoTrace, rawKey, tamper } from "../../../support/stored-keys";

const db = await testDatabase();
const upstream = await providerUpstream();
const path = "/api/provider-configs";
const context = (provider: string) => ({ params: Promise.resolve({ provider }) });
beforeEach(() => upstream.reset());

const answer = async (response: Response) => {
  const text = await response.text();
  return { status: response.status, text, body: text === "" ? undefined : JSON.parse(text) };
};
const post = async (cookie: string, body: unknown) =>
  answer(await POST(apiRequest(path, { method: "POST", cookie, body })));
const put = async (cookie: string, body: unknown) =>
  answer(await PUT(apiRequest(path, { method: "PUT", cookie, body })));
const list = async (cookie: string) => answer(await GET(apiRequest(path, { cookie })));
const remove = async (cookie: string, provider: string, query = "") =>
  answer(await DELETE(apiRequest(`${path}/${provider}${query}`, { method: "DELETE", cookie }), context(provider)));
const undo = async (cookie: string, provider: string) =>
  answer(await UNDO(apiRequest(`${path}/${provider}/undo`, { method: "POST", cookie }), context(provider)));
const check = async (cookie: string, provider: string) =>
  answer(await CHECK(apiRequest(`${path}/${provider}/check`, { method: "POST", cookie }), context(provider)));
const usage = async (cookie: string, provider: string) =>
  answer(await USAGE(apiRequest(`${path}/${provider}/usage`, { cookie }), context(provider)));
const stored = (userId: string, provider: Provider = "openai") =>
  withStoredKey({ userId, provider }, async (apiKey) => apiKey);

async function withKey(apiKey = newOpenAiKey()) {
  const user = await signedIn(db);
  expect((await post(user.cookie, { provider: "openai", apiKey })).status).toBe(201);
  upstream.seen.length = 0;
  return { ...user, apiKey };
}

describe("saving", () => {
  it("asks the provider, stores, audits, and answers what is known without the key", async () => {
    const { id, cookie } = await signedIn(db);
    const apiKey = newOpenAiKey();
    const { status, body, text } = await post(cookie, {
      provider: "openai",
      apiKey,
      settings: { defaultModel: "openai:gpt-5" },
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      config: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        provider: "openai",
        state: "active",
        isActive: true,
        keyHint: apiKey.slice(-4),
        keyLabel: null,
        settings: { defaultModel: "openai:gpt-5" },
        checkStatus: "valid",
        creditsRemaining: null,
        creditsLimit: null,
        limitReset: null,
        usage: null,
        isFreeTier: null,
        usageCount: 0,
        lastUsedAt: null,
        keySetAt: expect.stringMatching(/Z$/),
        connectedAt: null,
        lastVerifiedAt: expect.stringMatching(/Z$/),
        expiresAt: null,
        rotationDue: false,
        unused: false,
        undoUntil: null,
        createdAt: expect.stringMatching(/Z$/),
        updatedAt: expect.stringMatching(/Z$/),
      },
      check: { status: "valid", message: expect.stringContaining("OpenAI accepts this key") },
      undoUntil: null,
    });
    expect(upstream.seen).toEqual([{ path: "/openai/v1/models", authorization: `Bearer ${apiKey}` }]);
    expect(await stored(id)).toBe(apiKey);
    expect(await audited(db, id)).toEqual(["key_saved"]);
    expectNoTrace(text.replace(/"keyHint":"\w{4}"/, ""), apiKey.replace("sk-proj-", ""));
  });

  it("takes off what copying adds around a key", async () => {
    const apiKey = newOpenAiKey();
    const { id } = await withKey(`\uFEFF "${apiKey}\u200B"\r\n`);
    expect(await stored(id)).toBe(apiKey);
  });

  it("keeps OpenRouter's figures with a pasted OpenRouter key", async () => {
    const { cookie } = await signedIn(db);
    upstream.answers.openrouter = keyInfo({ limit: 10, limit_remaining: 0 });
    const { body } = await post(cookie, { provider: "openrouter", apiKey: newKey() });
    expect(body.config).toMatchObject({ state: "limit_reached", creditsLimit: "10", checkStatus: "no_credit" });
  });

  it("stores a restricted key and says so", async () => {
    const { cookie } = await signedIn(db);
    upstream.answers.openai = openAi.restricted;
    const { status, body } = await post(cookie, { provider: "openai", apiKey: newOpenAiKey() });
    expect([status, body.check.status, body.config.checkStatus]).toEqual([201, "restricted", "restricted"]);
    expect((await list(cookie)).body.notices).toMatchObject([{ kind: "restricted", severity: "info" }]);
  });

  it.each([
    ["a key that the provider refuses", openAi.refused, 422, "key_invalid", "invalid"],
    ["a provider that is down", openAi.away, 503, "provider_unavailable", "unchecked"],
    ["HTML", json(200, "<!doctype html>"), 503, "provider_unavailable", "unchecked"],
  ])("stores nothing for %s, and the key before goes on working", async (_what, says, status, code, checked) => {
    const { id, cookie, apiKey } = await withKey();
    const before = await rawKey(db, id, "openai");
    upstream.answers.openai = says;
    const refused = newOpenAiKey();
    const answered = await post(cookie, { provider: "openai", apiKey: refused });
    expect(answered).toMatchObject({ status, body: { code, status, check: { status: checked } } });
    expect(answered.body.detail).toBe(answered.body.check.message);
    expect(await rawKey(db, id, "openai")).toEqual(before);
    expect(await stored(id)).toBe(apiKey);
    expect(await audited(db, id)).toEqual(["key_saved", "key_tested"]);
    expectNoTrace(answered.text + (await dump(db)), refused.replace("sk-proj-", ""));
  });

  it("a key of another provider is named, not sent on and not stored", async () => {
    const { cookie } = await signedIn(db);
    Object.assign(upstream.answers, { openai: openAi.refused });
    const { status, body } = await post(cookie, { provider: "openai", apiKey: newKey() });
    expect([status, body.check.looksLike]).toEqual([422, "openrouter"]);
    expect(body.detail).toContain("OpenRouter");
  });

  it("ten at once leave one row, one event each, and one of the keys", async () => {
    const { id, cookie } = await signedIn(db);
    const keys = Array.from({ length: 10 }, newOpenAiKey);
    const answers = await Promise.all(keys.map((apiKey) => post(cookie, { provider: "openai", apiKey })));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect((await list(cookie)).body.items).toHaveLength(1);
    expect(keys).toContain(await stored(id));
    expect(await audited(db, id)).toEqual(Array(10).fill("key_saved"));
  });

  it.each(["", "?deactivate=true"])("a key deleted%s while its successor is checked stays deleted", async (query) => {
    const { id, cookie } = await withKey();
    upstream.answers.openai = (request, response) => void setTimeout(() => openAi.good(request, response), 300);
    const saving = post(cookie, { provider: "openai", apiKey: newOpenAiKey() });
    await vi.waitFor(() => expect(upstream.seen).toHaveLength(1));
    expect((await remove(cookie, "openai", query)).status).toBe(204);
    expect(await saving).toMatchObject({ status: 409, body: { code: "conflict" } });
    await expect(stored(id)).rejects.toMatchObject({ code: "no_key" });
  });

  it("a key on its way in when the account is locked is not stored, be it the first", async () => {
    const { id, cookie } = await signedIn(db);
    upstream.answers.openai = (request, response) => void setTimeout(() => openAi.good(request, response), 300);
    const saving = post(cookie, { provider: "openai", apiKey: newOpenAiKey() });
    await vi.waitFor(() => expect(upstream.seen).toHaveLength(1));
    await lockAccount({ userId: id, address: "203.0.113.7", userAgent: "test", isBrowser: true });
    expect(await saving).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(await rawKey(db, id, "openai")).toBeUndefined();
  });

  it("a flood meets its limit", async () => {
    const { cookie } = await signedIn(db);
    const body = { provider: "openai", apiKey: newOpenAiKey() };
    const statuses: number[] = [];
    for (let n = 0; n < 22; n++) statuses.push((await post(cookie, body)).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(20);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("refuses", () => {
  const key = newOpenAiKey();
  it.each([
    ["no provider", { apiKey: key }],
    ["an unknown provider", { provider: "github", apiKey: key }],
    ["a provider of the prototype", { provider: "__proto__", apiKey: key }],
    ["no key", { provider: "openai" }],
    ["an empty key", { provider: "openai", apiKey: " \u200B\n" }],
    ["a key that is no text", { provider: "openai", apiKey: { $ne: "" } }],
    ["somebody else's id", { provider: "openai", apiKey: key, userId: "00000000-0000-4000-8000-000000000000" }],
    ["an id", { provider: "openai", apiKey: key, id: "00000000-0000-4000-8000-000000000000" }],
    ["a prototype", `{"provider":"openai","apiKey":"${key}","__proto__":{"state":"active"}}`],
    ["a host of one's own (S52)", { provider: "openai", apiKey: key, settings: { baseURL: "https://evil.example" } }],
    ["headers of one's own", { provider: "openai", apiKey: key, settings: { headers: { "x-evil": "1" } } }],
    ["a model of another provider", { provider: "openai", apiKey: key, settings: { defaultModel: "xai:grok-4" } }],
    ["a default model that is none", { provider: "openai", apiKey: key, settings: { defaultModel: "a\r\nb" } }],
    ["a temperature out of bounds", { provider: "openai", apiKey: key, settings: { temperature: 3 } }],
  ])("%s", async (_what, body) => {
    const { cookie, id } = await signedIn(db);
    const answered = await post(cookie, body);
    expect(answered).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(answered.text).not.toMatch(/evil|sk-proj/);
    expect(await audited(db, id)).toEqual([]);
    expect(upstream.seen).toEqual([]);
  });

  it.each(["\r\n", "\u0000", "\n", " ", "ü", "\u200B", "\uD800"])(
    "a key with %j inside, as a sentence, without asking anybody (S54)",
    async (text) => {
      const { cookie } = await signedIn(db);
      const apiKey = `${key.slice(0, 40)}${text}${key.slice(40)}`;
      const answered = await post(cookie, { provider: "openai", apiKey });
      expect(answered).toMatchObject({ status: 422, body: { code: "key_invalid" } });
      expect(upstream.seen).toEqual([]);
      expectNoTrace(answered.text, key.replace("sk-proj-", ""));
    },
  );

  it("a key of 64 kB", async () => {
    const { cookie } = await signedIn(db);
    const answered = await post(cookie, { provider: "openai", apiKey: "x".repeat(64 * 1024) });
    expect(answered).toMatchObject({ status: 413, body: { code: "payload_too_large" } });
  });
});

describe("listing", () => {
  it("shows the caller's own keys, without ciphertext, hash or key", async () => {
    const { cookie, apiKey } = await withKey();
    await post(cookie, { provider: "openrouter", apiKey: newKey() });
    await withKey();
    const { body, text } = await list(cookie);
    expect(body.items.map((item: { provider: string }) => item.provider)).toEqual(["openai", "openrouter"]);
    expect(text).not.toMatch(/encrypted|keyHash|v1:|h1:/);
    expectNoTrace(text, apiKey.replace("sk-proj-", ""));
  });

  it("tells age, disuse and trouble, by the database's clock", async () => {
    const { id, cookie } = await withKey();
    const daysAgo = (days: number) => sql`now() - make_interval(days => ${days}::int)` as unknown as Date;
    await tamper(db, id, { keySetAt: daysAgo(91), lastUsedAt: daysAgo(1) });
    expect((await list(cookie)).body).toMatchObject({
      items: [{ rotationDue: true, unused: false }],
      notices: [{ kind: "rotation_due", provider: "openai", action: "replace" }],
    });
    await tamper(db, id, { lastUsedAt: daysAgo(31) });
    expect((await list(cookie)).body).toMatchObject({
      items: [{ rotationDue: true, unused: true }],
      notices: [{ kind: "unused", action: "remove" }],
    });
    await tamper(db, id, { state: "invalid" });
    expect((await list(cookie)).body.notices).toMatchObject([{ kind: "invalid", severity: "error" }]);
  });
});

describe("settings", () => {
  it("change without touching the key or asking the provider", async () => {
    const { id, cookie, apiKey } = await withKey();
    const before = await rawKey(db, id, "openai");
    const settings = { defaultModel: "openai:gpt-5", temperature: 0.2, maxOutputTokens: 4000 };
    const { status, body } = await put(cookie, { provider: "openai", settings });
    expect([status, body.config.settings]).toEqual([200, settings]);
    const after = await rawKey(db, id, "openai");
    expect(after).toEqual({ ...before, settings, updatedAt: after?.updatedAt });
    expect(await stored(id)).toBe(apiKey);
    expect(upstream.seen).toEqual([]);
  });

  it("outlive a replaced and a deactivated key", async () => {
    const { cookie } = await withKey();
    const settings = { defaultModel: "openai:gpt-5" };
    await put(cookie, { provider: "openai", settings });
    await post(cookie, { provider: "openai", apiKey: newOpenAiKey() });
    await remove(cookie, "openai", "?deactivate=true");
    expect((await list(cookie)).body.items).toMatchObject([{ settings, isActive: false, state: "inactive" }]);
  });

  it("of no key are not there, also when somebody else has one", async () => {
    await withKey();
    const { cookie } = await signedIn(db);
    expect(await put(cookie, { provider: "openai", settings: {} })).toMatchObject({ status: 404 });
  });

  it.each([
    { provider: "openai" },
    { provider: "openai", settings: { apiKey: "x" } },
    { provider: "openai", settings: { baseURL: "https://evil.example" } },
    { provider: "openai", settings: {}, apiKey: "x" },
    { provider: "openai", settings: {}, userId: "x" },
    { provider: "openai", settings: [] },
  ])("refuse %j (S52)", async (body) => {
    const { cookie } = await withKey();
    expect(await put(cookie, body)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  });

  it("of more than 4 kB are refused", async () => {
    const { cookie } = await withKey();
    const settings = { defaultModel: "x".repeat(5000) };
    expect(await put(cookie, { provider: "openai", settings })).toMatchObject({ status: 413 });
  });
});

describe("undo", () => {
  it("puts the replaced key back within 15 minutes, and the history holds (S72)", async () => {
    const { id, cookie, apiKey } = await withKey();
    const before = await rawKey(db, id, "openai");
    const next = await post(cookie, { provider: "openai", apiKey: newOpenAiKey() });
    const minutesLeft = (Date.parse(next.body.undoUntil) - Date.now()) / 60_000;
    expect(minutesLeft).toBeGreaterThan(14);
    expect(minutesLeft).toBeLessThan(15.5);
    expect((await list(cookie)).body.items[0].undoUntil).toBe(next.body.undoUntil);
    const undone = await undo(cookie, "openai");
    expect(undone).toMatchObject({ status: 200, body: { config: { undoUntil: null, keyHint: apiKey.slice(-4) } } });
    expect(await stored(id)).toBe(apiKey);
    expect((await rawKey(db, id, "openai"))?.keySetAt).toEqual(before?.keySetAt);
    expect(await verifyKeyHistory(db, id)).toEqual({ keys: 1, faults: [] });
    expect(await audited(db, id)).toEqual(["key_saved", "key_saved", "key_saved"]);
    expect(await undo(cookie, "openai")).toMatchObject({ status: 404 });
  });

  it("is over after 15 minutes", async () => {
    const { id, cookie } = await withKey();
    const apiKey = newOpenAiKey();
    await post(cookie, { provider: "openai", apiKey });
    await db.update(replacedKeys).set({ replacedAt: sql`now() - interval '15 minutes 1 second'` });
    expect((await list(cookie)).body.items[0].undoUntil).toBeNull();
    expect(await undo(cookie, "openai")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await stored(id)).toBe(apiKey);
  });

  it.each(["", "?deactivate=true"])(
    "is over once the key is deleted%s: nothing of the old one is left",
    async (query) => {
      const { id, cookie } = await withKey();
      await post(cookie, { provider: "openai", apiKey: newOpenAiKey() });
      expect(await db.select().from(replacedKeys).where(eq(replacedKeys.userId, id))).toHaveLength(1);
      await remove(cookie, "openai", query);
      expect(await db.select().from(replacedKeys).where(eq(replacedKeys.userId, id))).toEqual([]);
      expect(await undo(cookie, "openai")).toMatchObject({ status: 404 });
    },
  );

  it("is not offered for the same key saved again, nor for one that could not be used any more", async () => {
    const { id, cookie, apiKey } = await withKey();
    expect((await post(cookie, { provider: "openai", apiKey })).body.undoUntil).toBeNull();
    await tamper(db, id, { state: "invalid" });
    expect((await post(cookie, { provider: "openai", apiKey: newOpenAiKey() })).body.undoUntil).toBeNull();
  });

  it("takes nobody else's key back", async () => {
    const owner = await withKey();
    await post(owner.cookie, { provider: "openai", apiKey: newOpenAiKey() });
    const { cookie } = await signedIn(db);
    expect(await undo(cookie, "openai")).toMatchObject({ status: 404 });
    expect((await list(owner.cookie)).body.items[0].undoUntil).not.toBeNull();
  });
});

describe("check now", () => {
  it("asks the provider about the stored key, stores and audits what it says", async () => {
    const { id, cookie, apiKey } = await withKey();
    upstream.answers.openai = openAi.refused;
    const refused = await check(cookie, "openai");
    expect(refused).toMatchObject({
      status: 200,
      body: { config: { state: "invalid" }, check: { status: "invalid" } },
    });
    expect(upstream.seen).toMatchObject([{ authorization: `Bearer ${apiKey}` }]);
    expect(await audited(db, id)).toEqual(["key_saved", "key_rejected", "key_tested"]);
    upstream.answers.openai = openAi.good;
    expect(await check(cookie, "openai")).toMatchObject({ body: { config: { state: "active" } } });
  });

  it("a provider that is down changes nothing of a key's state", async () => {
    vi.spyOn(log, "warn").mockImplementation(() => {});
    const { cookie } = await withKey();
    upstream.answers.openai = openAi.away;
    const answered = await check(cookie, "openai");
    expect(answered).toMatchObject({
      status: 200,
      body: { config: { state: "active", checkStatus: "valid" }, check: { status: "unchecked" } },
    });
  });

  it("of no key, or a deactivated one, is not there", async () => {
    const { cookie } = await signedIn(db);
    expect(await check(cookie, "openai")).toMatchObject({ status: 404 });
    const owner = await withKey();
    await remove(owner.cookie, "openai", "?deactivate=true");
    expect(await check(owner.cookie, "openai")).toMatchObject({ status: 404 });
  });

  it("of a key that does not open says so, and asks nobody", async () => {
    const { id, cookie } = await withKey();
    vi.spyOn(log, "error").mockImplementation(() => {});
    const row = await rawKey(db, id, "openai");
    await tamper(db, id, { encryptedKey: `${row?.encryptedKey?.slice(0, -6)}AAAA==` });
    expect(await check(cookie, "openai")).toMatchObject({ status: 403, body: { code: "key_invalid" } });
    expect(upstream.seen).toEqual([]);
    expect((await list(cookie)).body.notices).toMatchObject([{ kind: "undecryptable" }]);
  });

  it("a flood meets its limit", async () => {
    const { cookie } = await withKey();
    const statuses: number[] = [];
    for (let n = 0; n < 11; n++) statuses.push((await check(cookie, "openai")).status);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  });
});

describe("removing", () => {
  it("deletes the row, again without complaint", async () => {
    const { id, cookie } = await withKey();
    expect(await remove(cookie, "openai")).toEqual({ status: 204, text: "", body: undefined });
    expect(await rawKey(db, id, "openai")).toBeUndefined();
    expect((await remove(cookie, "openai")).status).toBe(204);
    expect(await audited(db, id)).toEqual(["key_saved", "key_removed"]);
  });

  it("deactivating wipes ciphertext and hash, keeps the row and counts, once", async () => {
    const { id, cookie } = await withKey();
    noteUse({ userId: id, keyId: (await rawKey(db, id, "openai"))?.id ?? "" });
    expect((await usage(cookie, "openai")).body.usageCount).toBe(1);
    expect((await remove(cookie, "openai", "?deactivate=true")).status).toBe(204);
    expect(await rawKey(db, id, "openai")).toMatchObject({
      ...{ encryptedKey: null, encryptionKeyId: null, keyHash: null, state: "inactive", usageCount: 1 },
      ...{ checkStatus: null, creditsRemaining: null },
    });
    expect((await remove(cookie, "openai", "?deactivate=true")).status).toBe(204);
    expect(await audited(db, id)).toEqual(["key_saved", "key_removed"]);
    expect((await list(cookie)).body).toMatchObject({ items: [{ isActive: false }], notices: [] });
    const again = await post(cookie, { provider: "openai", apiKey: newOpenAiKey() });
    expect(again.body.config).toMatchObject({ state: "active", isActive: true, usageCount: 1 });
    expect(await verifyKeyHistory(db, id)).toMatchObject({ faults: [] });
  });

  it("takes nobody else's key", async () => {
    const owner = await withKey();
    const { cookie } = await signedIn(db);
    await remove(cookie, "openai");
    expect(await remove(cookie, "openai", "?deactivate=true")).toMatchObject({ status: 404 });
    expect(await stored(owner.id)).toBe(owner.apiKey);
  });

  it.each(["?deactivate=yes", "?deactivate=", "?userId=1"])("refuses the query %s", async (query) => {
    const { id, cookie } = await withKey();
    expect(await remove(cookie, "openai", query)).toMatchObject({ status: 400 });
    expect(await stored(id)).toBeDefined();
  });

  it("a flood meets its limit", async () => {
    const { cookie } = await signedIn(db);
    const statuses: number[] = [];
    for (let n = 0; n < 21; n++) statuses.push((await remove(cookie, "openai")).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

it("use by day is the owner's to see", async () => {
  const owner = await withKey();
  const keyId = (await rawKey(db, owner.id, "openai"))?.id ?? "";
  for (let n = 0; n < 3; n++) noteUse({ userId: owner.id, keyId });
  expect((await usage(owner.cookie, "openai")).body).toEqual({
    usageCount: 3,
    lastUsedAt: expect.stringMatching(/Z$/),
    createdAt: expect.stringMatching(/Z$/),
    keySetAt: expect.stringMatching(/Z$/),
    byDay: [{ day: new Date().toISOString().slice(0, 10), count: 3 }],
  });
  const { cookie } = await signedIn(db);
  expect(await usage(cookie, "openai")).toMatchObject({ status: 404, body: { code: "not_found" } });
});

it.each(["github", "__proto__", "constructor", "OPENAI", "%2e%2e"])("there is no provider %s", async (provider) => {
  const { cookie } = await signedIn(db);
  for (const call of [remove, undo, check, usage]) expect(await call(cookie, provider)).toMatchObject({ status: 404 });
});
