import { describe, expect, it } from "vitest";
import { errorOf, testEmulator } from "@/__tests__/support/emulator";

// Wednesday, 14 October 2026
const standIn = testEmulator({ clock: () => Date.UTC(2026, 9, 14, 12) });
const { api, chat } = standIn;
const info = async (key: string) => (await (await api("/key", { key })).json()).data;

it("tells a plain key with nulls where there is nothing, under both names", async () => {
  const { key } = standIn.emulator.createKey();
  const data = await info(key);
  expect(data).toMatchObject({ limit: null, limit_remaining: null, limit_reset: null, expires_at: null, usage: 0 });
  expect(data.label).toBe(`${key.slice(0, 12)}...${key.slice(-4)}`);
  expect((await (await api("/auth/key", { key })).json()).data).toEqual(data);
});

it.each([
  ["no header", undefined, "Missing Authentication header"],
  ["a bearer that is no OpenRouter key", "sk-proj-abc", "Missing Authentication header"],
  ["a well-formed key nobody has", `sk-or-v1-${"0".repeat(64)}`, "User not found."],
])("answers 401 to %s", async (_, key, message) => {
  const response = await api("/key", { key });
  expect([response.status, await response.json()]).toEqual([401, { error: { message, code: 401 } }]);
});

it.each(["disabled", "revoked", "expired"] as const)(
  "a key that is %s is told like one that never was",
  async (state) => {
    const { key, hash } = standIn.emulator.createKey();
    standIn.emulator.changeKeys({ hash, state });
    const response = await api("/key", { key });
    expect([response.status, (await errorOf(response)).message]).toEqual([401, "User not found."]);
    standIn.emulator.changeKeys({ hash, state: "active" });
    expect((await api("/key", { key })).status).toBe(200);
  },
);

it("a key expires when its time has come", async () => {
  const { key } = standIn.emulator.createKey({ expiresAt: "2026-10-14T13:00:00Z" });
  expect((await info(key)).expires_at).toBe("2026-10-14T13:00:00.000Z");
  standIn.emulator.advance(3600);
  expect((await api("/key", { key })).status).toBe(401);
  standIn.emulator.advance(-3600);
});

it("a management key says so under both names, and may not chat", async () => {
  const { key } = standIn.emulator.createKey({ management: true });
  expect(await info(key)).toMatchObject({ is_management_key: true, is_provisioning_key: true });
  expect((await chat(key)).status).toBe(403);
});

it("usage counts by UTC day, by week from Monday, and by month; a daily limit starts again", async () => {
  const { key, hash } = standIn.emulator.createKey({ limit: 4, limitReset: "daily" });
  standIn.emulator.changeKeys({ hash, usage: 3 });
  expect(await info(key)).toMatchObject({
    usage: 3,
    usage_daily: 3,
    usage_weekly: 3,
    usage_monthly: 3,
    limit_remaining: 1,
  });
  standIn.emulator.advance(86_400);
  expect(await info(key)).toMatchObject({
    usage: 3,
    usage_daily: 0,
    usage_weekly: 3,
    usage_monthly: 3,
    limit_remaining: 4,
  });
  standIn.emulator.advance(4 * 86_400); // Monday
  expect(await info(key)).toMatchObject({ usage: 3, usage_weekly: 0, usage_monthly: 3 });
  standIn.emulator.advance(14 * 86_400); // November
  expect(await info(key)).toMatchObject({ usage: 3, usage_monthly: 0 });
  standIn.emulator.advance(-19 * 86_400);
});

describe("spending", () => {
  const completion = async (key: string, body = {}) => (await chat(key, { stream: false, ...body })).json();

  it("costs what the catalogue says, and counts against usage, limit and credit", async () => {
    const { key, hash } = standIn.emulator.createKey({ limit: 1, credit: 2 });
    const { usage } = await completion(key);
    expect(usage.cost).toBeCloseTo((usage.prompt_tokens * 0.15 + usage.completion_tokens * 0.6) / 1e6, 12);
    expect(usage.cost).toBeGreaterThan(0);
    const data = await info(key);
    expect(data.usage).toBe(usage.cost);
    expect(data.limit_remaining).toBeCloseTo(1 - usage.cost, 12);
    const [stored] = standIn.emulator.changeKeys({ hash });
    expect(stored?.credit).toBeCloseTo(2 - usage.cost, 12);
  });

  it.each([
    ["403", 403, "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys"],
    ["402", 402, "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys"],
    ["budget", 403, "Budget limit exceeded"],
  ] as const)("a reached key limit, in the form %s", async (keyLimit, status, message) => {
    standIn.emulator.set({ keyLimit });
    const { key } = standIn.emulator.createKey({ limit: 0.00001 });
    await (await chat(key)).text();
    const response = await chat(key);
    expect([response.status, (await errorOf(response)).message]).toEqual([status, message]);
    expect((await info(key)).limit_remaining).toBe(0);
  });

  it("the newest form of a reached limit names its source", async () => {
    standIn.emulator.set({ keyLimit: "budget" });
    const { key } = standIn.emulator.createKey({ limit: 1, usage: 1, limitReset: "monthly" });
    expect((await errorOf(await chat(key))).metadata).toMatchObject({
      limit_source: "openrouter_key_limit",
      limit_usd: 1,
      spend_usd: 1,
      resets_at: "2026-11-01T00:00:00.000Z",
    });
  });

  it("without credit a paid model is 402; a free one only when the account is in debt", async () => {
    const { key, hash } = standIn.emulator.createKey({ credit: 0 });
    const free = { model: "openai/gpt-oss-20b:free" };
    const refused = await chat(key);
    expect([refused.status, (await errorOf(refused)).message]).toEqual([
      402,
      "Insufficient credits. Add more using https://openrouter.ai/credits",
    ]);
    expect((await chat(key, free)).status).toBe(200);
    standIn.emulator.changeKeys({ hash, credit: -0.5 });
    expect((await chat(key, free)).status).toBe(402);
  });

  it("a small credit affords a small answer: without a cap the longest one is assumed", async () => {
    const { key } = standIn.emulator.createKey({ credit: 0.001 });
    const response = await chat(key);
    const { error, user_id: userId } = await response.json();
    expect(response.status).toBe(402);
    expect(error.message).toMatch(
      /^This request requires more credits, or fewer max_tokens\. You requested up to 16384 tokens, but can only afford 16\d\d\. /,
    );
    expect(error.metadata).toEqual({ provider_name: null });
    expect(userId).toMatch(/^user_/);
    expect((await chat(key, { max_tokens: 500 })).status).toBe(200);
  });

  it("free models have a day's and a minute's share, told with headers", async () => {
    standIn.emulator.set({ freePerMinute: 2 });
    const { key } = standIn.emulator.createKey({ freeTier: true });
    const free = () => chat(key, { model: "openai/gpt-oss-20b:free" });
    await free();
    await free();
    const perMinute = await free();
    expect([perMinute.status, (await errorOf(perMinute)).message]).toEqual([
      429,
      "Rate limit exceeded: free-models-per-min.",
    ]);
    expect(perMinute.headers.get("x-ratelimit-remaining")).toBe("0");
    standIn.emulator.set({ freePerMinute: 1000 });
    for (let calls = 2; calls < 50; calls += 1) await (await free()).body?.cancel();
    const perDay = await free();
    expect(await errorOf(perDay)).toEqual({
      code: 429,
      message: "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
      metadata: {
        headers: {
          "X-RateLimit-Limit": "50",
          "X-RateLimit-Remaining": "0",
          "X-RateLimit-Reset": String(Date.UTC(2026, 9, 15)),
        },
        limit_source: "openrouter_free_tier_daily",
      },
    });
    expect((await info(key)).free_model_daily_requests).toEqual({ limit: 50, used: 50, remaining: 0 });
  });
});

it("credits are for management keys; ordinary ones get a 403, or zeros when switched", async () => {
  const { key } = standIn.emulator.createKey({ usage: 1 });
  const refused = await api("/credits", { key });
  expect([refused.status, (await errorOf(refused)).message]).toEqual([
    403,
    "Only management keys can perform this operation",
  ]);
  standIn.emulator.set({ credits: "zeros" });
  expect((await (await api("/credits", { key })).json()).data).toEqual({ total_credits: 0, total_usage: 0 });
  const management = standIn.emulator.createKey({ management: true, credit: 7.5, usage: 2.5 });
  expect((await (await api("/credits", { key: management.key })).json()).data).toEqual({
    total_credits: 10,
    total_usage: 2.5,
  });
  expect((await api("/credits")).status).toBe(401);
});
