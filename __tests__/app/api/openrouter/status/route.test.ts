import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GET } from "@/app/api/openrouter/status/route";
import { env } from "@/lib/env";
import { setPreferences } from "@/lib/preferences/set-preferences";
import { testDatabase } from "../../../../support/database";
import { json, keyInfo, newKey, openRouterUpstream } from "../../../../support/openrouter-upstream";
import { apiRequest, signedIn } from "../../../../support/requests";
import { audited, expectNoTrace, rawKey, storeKey, tamper } from "../../../../support/stored-keys";

const db = await testDatabase();
const upstream = await openRouterUpstream();
const path = "/api/openrouter/status";
const anHourAgo = sql`now() - interval '1 hour'` as unknown as Date;
beforeEach(() => {
  upstream.gives(newKey());
});
afterEach(() => {
  Object.assign(env(), { OPENROUTER_API_KEY: undefined });
});
const read = async (cookie: string, query = "") => {
  const response = await GET(apiRequest(path + query, { cookie }));
  expect(response.status).toBe(200);
  return await response.json();
};
async function connected() {
  const user = await signedIn(db);
  return { ...user, ...(await storeKey(user.id, { info: { limit: "10", limitRemaining: "7.5" } })) };
}

it("signed out: 401", async () => {
  const response = await GET(apiRequest(path));
  expect(response.status).toBe(401);
});

it.each(["?refresh=yes", "?refresh=", "?userId=1"])("refuses the query %s", async (query) => {
  const { cookie } = await signedIn(db);
  expect((await GET(apiRequest(path + query, { cookie }))).status).toBe(400);
});

it("not connected: nulls, and whether the shared key is there and allowed", async () => {
  const { id, cookie } = await signedIn(db);
  const nothing = {
    connected: false, state: null, keyLabel: null, keyHint: null, creditsRemaining: null, creditsLimit: null,
    limitReset: null, usage: null, isFreeTier: null, expiresAt: null, connectedAt: null, lastVerifiedAt: null,
    revokeUrl: null,
  }; // biome-ignore format: a list
  const sharedKey = { available: false, allowed: true, dailyUsd: null, leftTodayUsd: null };
  expect(await read(cookie)).toEqual({ ...nothing, sharedKey });
  Object.assign(env(), { OPENROUTER_API_KEY: newKey() });
  await setPreferences(id, { sharedKey: "never" });
  expect(await read(cookie)).toEqual({ ...nothing, sharedKey: { ...sharedKey, available: true, allowed: false } });
});

it("a deactivated key is not connected", async () => {
  const { id, cookie } = await connected();
  await tamper(db, id, { state: "inactive", encryptedKey: null, encryptionKeyId: null });
  expect(await read(cookie, "?refresh=true")).toMatchObject({ connected: false, state: null, keyHint: null });
});

it("connected: exactly the contract's fields, from what is stored, without asking OpenRouter", async () => {
  const { cookie, apiKey } = await connected();
  const status = await read(cookie);
  expect(status).toEqual({
    connected: true,
    state: "active",
    keyLabel: "Chatelaine",
    keyHint: apiKey.slice(-4),
    creditsRemaining: "7.5",
    creditsLimit: "10",
    limitReset: null,
    usage: { total: "0", daily: "0", weekly: "0", monthly: "0" },
    isFreeTier: false,
    expiresAt: null,
    connectedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    lastVerifiedAt: expect.stringMatching(/Z$/),
    sharedKey: { available: false, allowed: true, dailyUsd: null, leftTodayUsd: null },
    revokeUrl: `${env().OPENROUTER_URL}/keys/${createHash("sha256").update(apiKey).digest("hex")}`,
  });
  expect(upstream.seen).toEqual([]);
  expectNoTrace(JSON.stringify(status), apiKey);
});

it("shows nobody else's key", async () => {
  await connected();
  const { cookie } = await signedIn(db);
  expect(await read(cookie, "?refresh=true")).toMatchObject({ connected: false });
  expect(upstream.seen).toEqual([]);
});

describe("asks OpenRouter", () => {
  it("on demand, and shows what it says", async () => {
    const { cookie, apiKey } = await connected();
    upstream.answers.key = keyInfo({
      limit_remaining: 1.25,
      usage: 8.75,
      label: "laptop",
      expires_at: "2090-01-01T00:00:00Z",
    });
    expect(await read(cookie, "?refresh=true")).toMatchObject({
      creditsRemaining: "1.25",
      usage: { total: "8.75" },
      keyLabel: "laptop",
      expiresAt: "2090-01-01T00:00:00.000Z",
    });
    expect(upstream.seen).toMatchObject([{ path: "/api/v1/key", authorization: `Bearer ${apiKey}` }]);
  });

  it("by itself when what is stored is older than 5 minutes, once", async () => {
    const { id, cookie } = await connected();
    await tamper(db, id, { lastVerifiedAt: anHourAgo });
    expect(await read(cookie)).toMatchObject({ creditsRemaining: "7.5", limitReset: "monthly" });
    await read(cookie);
    expect(upstream.seen).toHaveLength(1);
  });

  it("once for 20 requests at the same time", async () => {
    const { id, cookie } = await connected();
    await tamper(db, id, { lastVerifiedAt: anHourAgo });
    upstream.answers.key = (request, response) => void setTimeout(() => keyInfo()(request, response), 300);
    await Promise.all(Array.from({ length: 20 }, () => read(cookie)));
    expect(upstream.seen).toHaveLength(1);
  });

  it.each([
    ["nothing left", keyInfo({ limit: 10, limit_remaining: 0 }), "limit_reached"],
    ["its time is over", keyInfo({ expires_at: "2020-01-01T00:00:00Z" }), "expired"],
    ["refused", json(401, { error: { message: "User not found.", code: 401 } }), "invalid"],
    ["a management key", keyInfo({ is_management_key: true }), "invalid"],
  ])("and stores and audits that a key is %s", async (_what, answer, state) => {
    const { id, cookie } = await connected();
    upstream.answers.key = answer;
    expect(await read(cookie, "?refresh=true")).toMatchObject({ connected: true, state });
    expect(await rawKey(db, id)).toMatchObject({ state });
    expect(await audited(db, id)).toEqual(["openrouter_connected", "key_rejected"]);
  });

  it.each(["invalid", "limit_reached", "out_of_credit", "expired", "undecryptable"] as const)(
    "and a key with state %s heals when the user asks and it is good",
    async (state) => {
      const { id, cookie } = await connected();
      await tamper(db, id, { state });
      expect(await read(cookie, "?refresh=true")).toMatchObject({ state: "active" });
    },
  );

  it.each([
    ["500", json(500, {})],
    ["429", json(429, {})],
    ["HTML", json(200, "<!doctype html>")],
    ["a reset", (request: import("node:http").IncomingMessage) => void request.socket.destroy()],
  ])("and shows what is stored, not an error, when it answers with %s", async (_what, answer) => {
    const { id, cookie } = await connected();
    await tamper(db, id, { lastVerifiedAt: anHourAgo });
    upstream.answers.key = answer;
    const status = await read(cookie, "?refresh=true");
    expect(status).toMatchObject({ connected: true, state: "active", creditsRemaining: "7.5" });
    expect(Date.now() - Date.parse(status.lastVerifiedAt)).toBeGreaterThan(3_500_000);
  });
});

it("shows a key that does not open as such, with no address made of it", async () => {
  const { id, cookie } = await connected();
  const row = await rawKey(db, id);
  await tamper(db, id, { encryptedKey: `${row?.encryptedKey?.slice(0, -6)}AAAA==` });
  expect(await read(cookie)).toMatchObject({ connected: true, state: "undecryptable", revokeUrl: null });
  expect(await read(cookie, "?refresh=true")).toMatchObject({ state: "undecryptable" });
  expect(upstream.seen).toEqual([]);
  expect(await audited(db, id)).toEqual(["openrouter_connected", "key_decrypt_failed"]);
});

it("a flood of refreshes meets its limit", async () => {
  const { cookie } = await connected();
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++) statuses.push((await GET(apiRequest(`${path}?refresh=true`, { cookie }))).status);
  expect(statuses[0]).toBe(200);
  expect(statuses.at(-1)).toBe(429);
});
