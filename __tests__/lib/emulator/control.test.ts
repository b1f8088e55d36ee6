import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ask, errorOf, MODEL, pkcePair, testEmulator } from "@/__tests__/support/emulator";

const standIn = testEmulator();
const { api, chat, control, post } = standIn;
const newKey = async (options = {}) => (await control("POST", "/keys", options)).json();

describe("keys", () => {
  it("are handed out once and told by hash and hint afterwards", async () => {
    const response = await control("POST", "/keys", {
      label: "mine",
      limit: 5,
      credit: 3,
      expiresAt: "2100-01-01T00:00:00Z",
    });
    const { key, hash } = await response.json();
    expect(response.status).toBe(201);
    expect(hash).toBe(createHash("sha256").update(key).digest("hex"));
    const listed = await (await control("GET", "/keys")).text();
    expect(listed).toContain(hash);
    expect(listed).not.toContain(key.slice(20));
    expect(JSON.parse(listed).items.at(-1)).toMatchObject({
      label: "mine",
      hint: key.slice(-4),
      limitRemaining: 5,
      credit: 3,
    });
  });

  it("can be given, so that a demo that starts again keeps its key", async () => {
    const key = `sk-or-v1-${"ab".repeat(32)}`;
    expect((await control("POST", "/keys", { key })).status).toBe(201);
    expect((await api("/key", { key })).status).toBe(200);
    expect((await control("POST", "/keys", { key: "short" })).status).toBe(400);
  });

  it.each([
    ["revoked", { state: "revoked" }, 401],
    ["expired", { state: "expired" }, 401],
    ["expired by date", { expiresAt: "2001-01-01T00:00:00Z" }, 401],
    ["capped", { state: "limit_reached" }, 403],
    ["capped by numbers", { limit: 1, usage: 1 }, 403],
    ["drained", { credit: 0 }, 402],
    ["out of credit", { state: "no_credit" }, 402],
    ["for management", { management: true }, 403],
  ])("can be %s and restored", async (_, change, status) => {
    const { key, hash } = await newKey({ limit: 10, credit: 10 });
    expect((await control("POST", `/keys/${hash}`, change)).status).toBe(200);
    expect((await chat(key)).status).toBe(status);
    await control("POST", `/keys/${hash}`, { state: "active" });
    expect((await chat(key)).status).toBe(200);
  });

  it("are chosen by label or all at once", async () => {
    const [one, two] = [await newKey({ label: "one" }), await newKey({ label: "two" })];
    await control("PATCH", "/keys", { label: "one", state: "revoked" });
    expect([(await api("/key", one)).status, (await api("/key", two)).status]).toEqual([401, 200]);
    await control("PATCH", "/keys", { all: true, state: "revoked" });
    expect((await api("/key", two)).status).toBe(401);
    await control("POST", "/keys/all", { state: "active" });
    expect([(await api("/key", one)).status, (await api("/key", two)).status]).toEqual([200, 200]);
  });

  it.each([
    ["POST", "/keys", { limits: 5 }, 400],
    ["POST", "/keys", { limit: "5" }, 400],
    ["POST", "/keys", { state: "asleep" }, 400],
    ["PATCH", "/keys", { state: "active" }, 400],
    ["POST", `/keys/${"0".repeat(64)}`, { state: "active" }, 404],
    ["POST", "/scenarios", { scenario: "no-such" }, 400],
    ["POST", "/scenarios", { scenario: { cutAfterwards: 1 } }, 400],
    ["POST", "/scenarios", { scenario: { cutAfter: "1" } }, 400],
    ["POST", "/scenarios", { scenario: "hang", match: { modle: "x" } }, 400],
    ["POST", "/scenarios", { scenario: "hang", times: 0 }, 400],
    ["POST", "/scenarios", {}, 400],
    ["POST", "/settings", { tokenms: 1 }, 400],
    ["POST", "/settings", { tokenMs: -1 }, 400],
    ["POST", "/clock", {}, 400],
    ["GET", "/nothing", undefined, 404],
  ])("a slip is told: %s %s %o", async (method, path, body, status) => {
    const response = await control(method, path, body);
    expect(response.status).toBe(status);
    expect((await response.json()).error).toMatch(/\.$/);
  });
});

it("scenarios are added, listed and removed", async () => {
  const { id } = await (
    await control("POST", "/scenarios", { scenario: "status-500", times: 3, match: { model: MODEL } })
  ).json();
  await control("POST", "/scenarios", { scenario: "exchange-hang" });
  const { items, names } = await (await control("GET", "/scenarios")).json();
  expect(items).toMatchObject([
    { id, left: 3, match: { model: MODEL, path: "/api/v1/chat/completions" } },
    { left: null, match: { path: "/api/v1/auth/keys" } },
  ]);
  expect(names).toContain("mid-stream-error");
  expect(await (await control("DELETE", `/scenarios/${id}`)).json()).toEqual({ removed: 1 });
  expect(await (await control("DELETE", "/scenarios")).json()).toEqual({ removed: 1 });
  expect((await chat((await newKey()).key)).status).toBe(200);
});

describe("requests", () => {
  it("are kept with header names, attribution and body, the key as hash and hint", async () => {
    const { key, hash } = await newKey();
    const headers = {
      "HTTP-Referer": "https://app.example",
      "X-OpenRouter-Title": "Chatelaine",
      "X-Secret": "hidden-value",
    };
    await (await chat(key, { user: "u-1", max_tokens: 50 }, { headers })).text();
    const text = await (await control("GET", "/requests")).text();
    const [request] = JSON.parse(text).items;
    expect(request).toMatchObject({
      method: "POST",
      path: "/api/v1/chat/completions",
      keyHash: hash,
      keyHint: key.slice(-4),
      status: 200,
      aborted: false,
      attribution: { "http-referer": "https://app.example", "x-openrouter-title": "Chatelaine" },
      body: { model: MODEL, user: "u-1", max_tokens: 50, messages: ask("Why is the sky blue?") },
    });
    expect(request.headerNames).toEqual(expect.arrayContaining(["authorization", "x-secret", "content-type"]));
    expect(Date.parse(request.endedAt)).toBeGreaterThanOrEqual(Date.parse(request.startedAt));
    expect(text).not.toContain(key.slice(20));
    expect(text).not.toContain("hidden-value");
    expect(request.generationId).toMatch(/^gen-/);
  });

  it("never show a key, code or verifier, wherever it was put", async () => {
    const { key } = await newKey();
    const { verifier } = pkcePair();
    await chat(
      key,
      { messages: ask(`my key is ${key}`), metadata: { key } },
      { headers: { "HTTP-Referer": `https://x/${key}` } },
    );
    await api(`/key?key=${key}`);
    await post("/auth/keys", {
      code: "the-authorization-code",
      code_verifier: verifier,
      code_challenge_method: "S256",
    });
    await fetch(`${standIn.url}/api/v1/chat/completions`, { method: "POST", body: `key=${key}` });
    const text = await (await control("GET", "/requests")).text();
    expect(JSON.parse(text).items).toHaveLength(4);
    for (const secret of [key.slice(9), verifier, "the-authorization-code"]) expect(text).not.toContain(secret);
    expect(text).toContain("[43 characters]");
  });

  it("can be forgotten, and control itself is not among them", async () => {
    await api("/models");
    await control("GET", "/keys");
    expect((await (await control("GET", "/requests")).json()).items).toHaveLength(1);
    await control("DELETE", "/requests");
    expect((await (await control("GET", "/requests")).json()).items).toEqual([]);
  });

  it("are not kept when switched off", async () => {
    await control("POST", "/settings", { recordRequests: false });
    await api("/models");
    expect(standIn.emulator.requests()).toEqual([]);
  });
});

it("the clock moves forward for codes, keys and days", async () => {
  const { key } = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  expect((await api("/key", { key })).status).toBe(200);
  const { now } = await (await control("POST", "/clock", { advanceSeconds: 3_700 })).json();
  expect(Date.parse(now) - Date.now()).toBeGreaterThan(3_600_000);
  expect((await errorOf(await api("/key", { key }))).message).toBe("User not found.");
});

it("pace, length and text are settings", async () => {
  const { key } = await newKey();
  const settings = await (await control("POST", "/settings", { tokens: 5, firstTokenMs: 1, tokenMs: 1 })).json();
  expect(settings).toMatchObject({ tokens: 5, firstTokenMs: 1, tokenMs: 1 });
  expect((await (await chat(key, { stream: false })).json()).usage.completion_tokens).toBe(5);
  await control("POST", "/settings", { text: "Always this.", tokens: null });
  expect((await (await chat(key, { stream: false })).json()).choices[0].message.content).toBe("Always this.");
});

it("streams are counted", async () => {
  const { key } = await newKey();
  await control("DELETE", "/streams");
  await (await chat(key)).text();
  await (await chat(key, { model: "scenario/cut-stream" })).text();
  expect(await (await control("GET", "/streams")).json()).toEqual({ open: 0, aborted: 0, completed: 1, cut: 1 });
});

it("web pages cannot steer: a request with an origin or from another site is refused", async () => {
  for (const [name, value] of [
    ["origin", "https://evil.example"],
    ["sec-fetch-site", "cross-site"],
  ] as const) {
    const response = await fetch(`${standIn.url}/__control/keys`, { method: "POST", headers: { [name]: value } });
    expect(response.status).toBe(403);
  }
});

it("GET /__control lists what there is", async () => {
  const { routes } = await (await control("GET", "")).json();
  expect(routes).toEqual(expect.arrayContaining(["POST /keys", "POST /scenarios", "GET /requests", "POST /clock"]));
});
