import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { env } from "@/lib/env";
import { readKeyInfo } from "@/lib/providers/openrouter-key";
import { json, keyInfo, newKey, openRouterUpstream } from "../../support/openrouter-upstream";

const upstream = await openRouterUpstream();
const apiKey = newKey();
afterEach(() => {
  upstream.seen.length = 0;
});

it("asks GET /api/v1/key with the key as bearer, once", async () => {
  upstream.answers.key = keyInfo();
  await readKeyInfo(apiKey);
  expect(upstream.seen).toEqual([{ method: "GET", path: "/api/v1/key", authorization: `Bearer ${apiKey}`, body: "" }]);
});

it("tells of a good key its cap, what is left, when it resets, its usage and its tier", async () => {
  upstream.answers.key = keyInfo({ expires_at: "2030-01-02T03:04:05Z", is_free_tier: true });
  expect(await readKeyInfo(apiKey)).toEqual({
    status: "valid",
    info: {
      label: "Chatelaine",
      limit: "10",
      limitRemaining: "7.5",
      limitReset: "monthly",
      usage: { total: "2.5", daily: "0.5", weekly: "1", monthly: "2.5" },
      isFreeTier: true,
      expiresAt: new Date("2030-01-02T03:04:05Z"),
    },
  });
});

it("reads a key without cap, label and expiry, and fields it has never heard of", async () => {
  upstream.answers.key = json(200, {
    data: {
      usage: 0,
      limit: null,
      limit_remaining: null,
      free_model_daily_requests: { limit: 50 },
      organization_id: 1,
    },
  });
  expect(await readKeyInfo(apiKey)).toMatchObject({
    status: "valid",
    info: { label: null, limit: null, limitRemaining: null, isFreeTier: null, expiresAt: null },
  });
});

it.each([
  [0.0000001, "0.0000001"],
  [1.5e-7, "0.00000015"],
  [0, "0"],
  [123456.789, "123456.789"],
  [-0.25, "-0.25"],
])("writes %d USD as the decimal string %s", async (usage, text) => {
  upstream.answers.key = keyInfo({ usage });
  expect(await readKeyInfo(apiKey)).toMatchObject({ info: { usage: { total: text } } });
});

it.each([
  ["usage", "lots"],
  ["limit", { amount: 1 }],
  ["limit_remaining", 1e300],
  ["label", 7],
  ["expires_at", "soon"],
  ["is_free_tier", "yes"],
])("an odd %s does not lock the user out", async (field, value) => {
  upstream.answers.key = keyInfo({ [field]: value });
  expect(await readKeyInfo(apiKey)).toMatchObject({ status: "valid" });
});

it.each(["is_management_key", "is_provisioning_key"])("tells a key apart that cannot chat (%s)", async (field) => {
  upstream.answers.key = keyInfo({ [field]: true });
  expect(await readKeyInfo(apiKey)).toEqual({ status: "management_key" });
});

it("a 401 is an invalid key", async () => {
  upstream.answers.key = json(401, { error: { message: "User not found.", code: 401 } });
  expect(await readKeyInfo(apiKey)).toEqual({ status: "invalid" });
});

describe("says that it could not find out, without retrying or following anywhere,", () => {
  it.each([301, 302, 307, 403, 404, 429, 500, 502, 503, 529])("on status %i", async (status) => {
    upstream.answers.key = (_request, response) => {
      response.writeHead(status, { location: `${upstream.url}/api/v1/elsewhere` }).end(JSON.stringify({ data: {} }));
    };
    expect(await readKeyInfo(apiKey)).toEqual({ status: "unchecked", reason: "unexpected_status" });
    expect(upstream.seen).toHaveLength(1);
  });

  it.each([
    ["an HTML page", "<!doctype html><title>Sign in</title>"],
    ["nothing", ""],
    ["cut JSON", '{"data":{"usage":'],
    ["null", "null"],
    ["an error", '{"error":{"message":"odd","code":500}}'],
    ["no data", "{}"],
    ["empty data", '{"data":{}}'],
    ["a list", '{"data":[]}'],
    ["1 MiB and more", JSON.stringify({ data: { usage: 1, padding: "x".repeat(1024 * 1024) } })],
  ])("when a 200 holds %s", async (_what, body) => {
    upstream.answers.key = (_request, response) => void response.writeHead(200).end(body);
    expect(await readKeyInfo(apiKey)).toEqual({ status: "unchecked", reason: "unexpected_body" });
  });

  it("when the connection is reset before and within the answer", async () => {
    upstream.answers.key = (request) => void request.socket.destroy();
    expect(await readKeyInfo(apiKey)).toEqual({ status: "unchecked", reason: "unreachable" });
    upstream.answers.key = (_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write('{"data"');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await readKeyInfo(apiKey)).toEqual({ status: "unchecked", reason: "unreachable" });
  });

  it("when it hangs before or within the answer", async () => {
    upstream.answers.key = () => {};
    expect(await readKeyInfo(apiKey, { timeoutMs: 50 })).toEqual({ status: "unchecked", reason: "timeout" });
    upstream.answers.key = (_request, response) => void response.writeHead(200).write('{"data"');
    expect(await readKeyInfo(apiKey, { timeoutMs: 50 })).toEqual({ status: "unchecked", reason: "timeout" });
  });

  it("when nobody listens", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    Object.assign(env(), { OPENROUTER_URL: `http://127.0.0.1:${port}` });
    expect(await readKeyInfo(apiKey)).toEqual({ status: "unchecked", reason: "unreachable" });
    Object.assign(env(), { OPENROUTER_URL: upstream.url });
  });
});

it.each(["sk\r\nx-evil: 1", "sk-€", "sk\u0000"])(
  "a key that no header can carry is no reason to throw it: %j",
  async (odd) => {
    expect((await readKeyInfo(odd)).status).toBe("unchecked");
    expect(upstream.seen).toHaveLength(0);
  },
);
