import { afterEach, expect, it } from "vitest";
import { exchangeCode } from "@/lib/openrouter/exchange-code";
import { Secret } from "@/lib/secret";
import { json, newKey, openRouterUpstream } from "../../support/openrouter-upstream";

const upstream = await openRouterUpstream();
const grant = { code: "code_1234567890123456", codeVerifier: "v".repeat(43) };
afterEach(() => {
  upstream.seen.length = 0;
});
const answer = (status: number, body: string, headers = {}) => {
  upstream.answers.exchange = (_request, response) => void response.writeHead(status, headers).end(body);
};

it("sends code and verifier as JSON, without any Authorization, and takes the key from the top level", async () => {
  const apiKey = newKey();
  upstream.answers.exchange = json(200, { key: apiKey, user_id: "user_1" });
  const exchanged = await exchangeCode(grant);
  expect(exchanged).toEqual({ status: "exchanged", apiKey: expect.any(Secret), openRouterUserId: "user_1" });
  expect(exchanged.status === "exchanged" && exchanged.apiKey.reveal()).toBe(apiKey);
  expect(JSON.stringify(exchanged)).not.toContain(apiKey);
  expect(upstream.seen).toHaveLength(1);
  expect(upstream.seen[0]).toMatchObject({ method: "POST", path: "/api/v1/auth/keys", authorization: undefined });
  expect(JSON.parse(upstream.seen[0]?.body ?? "")).toEqual({
    code: grant.code,
    code_verifier: grant.codeVerifier,
    code_challenge_method: "S256",
  });
});

it.each([
  { user_id: null },
  {},
  { extra: 1 },
  { user_id: 7 },
  { user_id: "" },
  { user_id: "two words" },
  { user_id: "x".repeat(201) },
  { user_id: ["user_1"] },
])("needs nothing but the key, and takes no odd text for a person: %j", async (rest) => {
  const apiKey = newKey();
  upstream.answers.exchange = json(200, { key: apiKey, ...rest });
  const exchanged = { status: "exchanged", apiKey: expect.any(Secret), openRouterUserId: null };
  expect(await exchangeCode(grant)).toEqual(exchanged);
});

it.each([400, 403, 404, 405])("status %i is a refusal", async (status) => {
  answer(status, JSON.stringify({ error: { message: "Invalid code or code_verifier", code: status } }));
  expect(await exchangeCode(grant)).toEqual({ status: "refused" });
});

it.each([201, 204, 301, 302, 303, 307, 308, 401, 429, 500, 502, 503, 529])(
  "status %i is neither key nor refusal, and goes nowhere else",
  async (status) => {
    answer(status, "", { location: `${upstream.url}/api/v1/elsewhere`, "retry-after": "0" });
    expect(await exchangeCode(grant)).toEqual({ status: "unexpected_status" });
    expect(upstream.seen).toHaveLength(1);
  },
);

it.each([
  ["an HTML page", "<!doctype html><p>Hello</p>"],
  ["nothing", ""],
  ["no key", '{"user_id":"user_1"}'],
  ["a key in data", JSON.stringify({ data: { key: newKey() } })],
  ["an empty key", '{"key":""}'],
  ["a number for a key", '{"key":12345678901234567890}'],
  ["a list of keys", JSON.stringify({ key: [newKey()] })],
  ["a key of another form", '{"key":"pk-live-123456789012345678901234567890"}'],
  ["a key with a line break", JSON.stringify({ key: `${newKey()}\r\nx-evil: 1` })],
  ["a key of 8 kB", JSON.stringify({ key: `sk-or-v1-${"a".repeat(8192)}` })],
  ["an error", '{"error":{"message":"odd","code":500}}'],
  ["5 MB", JSON.stringify({ key: newKey(), padding: "x".repeat(5_000_000) })],
])("a 200 with %s is no key", async (_what, body) => {
  answer(200, body);
  expect(await exchangeCode(grant)).toEqual({ status: "unexpected_body" });
});

it("a reset, a cut and a silence are no answer, and are not tried again", async () => {
  upstream.answers.exchange = (request) => void request.socket.destroy();
  expect(await exchangeCode(grant)).toEqual({ status: "unreachable" });
  upstream.answers.exchange = (_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"key"');
    setTimeout(() => response.destroy(), 20);
  };
  expect(await exchangeCode(grant)).toEqual({ status: "unreachable" });
  upstream.answers.exchange = () => {};
  expect(await exchangeCode(grant, { timeoutMs: 50 })).toEqual({ status: "unreachable" });
  upstream.answers.exchange = (_request, response) => void response.writeHead(200).write('{"key"');
  expect(await exchangeCode(grant, { timeoutMs: 50 })).toEqual({ status: "unreachable" });
  expect(upstream.exchanges()).toBe(4);
});
