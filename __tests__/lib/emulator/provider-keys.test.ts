import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keyDoors, testEmulator } from "@/__tests__/support/emulator";
import { PROVIDERS, type ProviderKeyState, type ProviderName } from "@/lib/emulator/providers/provider-keys";

const standIn = testEmulator();
const { control } = standIn;

/** The free call that says whether a key is good (openrouter-wire.md, section 7). */
const CHECKS: Record<ProviderName, string> = {
  openai: "/models",
  anthropic: "/models",
  google: "/models",
  xai: "/api-key",
};
const KEY_HEADERS: Record<ProviderName, (key: string) => Record<string, string>> = {
  openai: (key) => ({ authorization: `Bearer ${key}` }),
  anthropic: (key) => ({ "x-api-key": key, "anthropic-version": "2023-06-01" }),
  google: (key) => ({ "x-goog-api-key": key }),
  xai: (key) => ({ authorization: `Bearer ${key}` }),
};
const check = (provider: ProviderName, key: string, headers: Record<string, string> = {}) =>
  fetch(standIn.baseUrl(provider) + CHECKS[provider], { headers: { ...KEY_HEADERS[provider](key), ...headers } });

describe("keys of the other providers", () => {
  it.each([
    ["openai", "project", /^sk-proj-[\w-]{74}T3BlbkFJ[\w-]{74}$/],
    ["openai", "service", /^sk-svcacct-[\w-]{74}T3BlbkFJ[\w-]{74}$/],
    ["openai", "admin", /^sk-admin-[\w-]{74}T3BlbkFJ[\w-]{74}$/],
    ["openai", "legacy", /^sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}$/],
    ["anthropic", "api", /^sk-ant-api03-[\w-]{93}AA$/],
    ["anthropic", "admin", /^sk-ant-admin01-[\w-]{93}AA$/],
    ["anthropic", "oauth", /^sk-ant-oat01-[\w-]{93}AA$/],
    ["google", "auth", /^AQ\.[\w.-]+$/],
    ["google", "standard", /^AIza[\w-]{35}$/],
    ["xai", "api", /^xai-[A-Za-z0-9]{80}$/],
  ] as const)(
    "of %s, kind %s, have the published shape and are told by hash afterwards",
    async (provider, kind, shape) => {
      const response = await control("POST", "/provider-keys", { provider, kind });
      const { key, hash } = await response.json();
      expect(response.status).toBe(201);
      expect(key).toMatch(shape);
      expect(hash).toBe(createHash("sha256").update(key).digest("hex"));
      expect(await (await control("GET", "/provider-keys")).text()).not.toContain(key.slice(10));
    },
  );

  it.each<[ProviderName, string, ProviderKeyState, number, object]>([
    ["openai", "project", "active", 200, { object: "list" }],
    ["openai", "project", "no_credit", 200, { object: "list" }],
    [
      "openai",
      "project",
      "revoked",
      401,
      { error: { type: "invalid_request_error", param: null, code: "invalid_api_key" } },
    ],
    ["openai", "project", "restricted", 403, { error: { code: "missing_scope" } }],
    ["openai", "project", "blocked", 401, { error: { code: "account_deactivated" } }],
    ["openai", "admin", "active", 403, { error: { code: "missing_scope" } }],
    ["anthropic", "api", "active", 200, { has_more: false }],
    ["anthropic", "api", "no_credit", 200, { has_more: false }],
    ["anthropic", "api", "revoked", 401, { type: "error", error: { type: "authentication_error" } }],
    ["anthropic", "api", "restricted", 403, { type: "error", error: { type: "permission_error" } }],
    ["anthropic", "api", "blocked", 403, { type: "error", error: { type: "permission_error" } }],
    ["anthropic", "admin", "active", 401, { type: "error", error: { type: "authentication_error" } }],
    ["anthropic", "oauth", "active", 401, { type: "error", error: { type: "authentication_error" } }],
    ["google", "auth", "active", 200, {}],
    ["google", "standard", "active", 200, {}],
    [
      "google",
      "auth",
      "revoked",
      400,
      { error: { code: 400, status: "INVALID_ARGUMENT", details: [{ reason: "API_KEY_INVALID" }] } },
    ],
    ["google", "auth", "restricted", 403, { error: { code: 403, status: "PERMISSION_DENIED" } }],
    ["google", "auth", "blocked", 403, { error: { code: 403, status: "PERMISSION_DENIED" } }],
    ["xai", "api", "active", 200, { api_key_blocked: false, api_key_disabled: false, team_blocked: false }],
    ["xai", "api", "no_credit", 200, { api_key_blocked: false, api_key_disabled: false, team_blocked: false }],
    ["xai", "api", "blocked", 200, { api_key_blocked: true }],
    ["xai", "api", "disabled", 200, { api_key_disabled: true }],
    ["xai", "api", "team_blocked", 200, { team_blocked: true }],
    ["xai", "api", "restricted", 200, { acls: ["api-key:model:grok-4-fast", "api-key:endpoint:*"] }],
    ["xai", "api", "revoked", 400, { code: "Client specified an invalid argument", error: expect.any(String) }],
  ])("of %s, kind %s, %s: the check answers %i", async (provider, kind, state, status, body) => {
    const response = await check(provider, standIn.createProviderKey(provider, state, { kind }).key);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });

  it("xAI's refusal repeats a part of the key: a relayed message would show it", async () => {
    const { key } = standIn.createProviderKey("xai", "revoked");
    expect((await (await check("xai", key)).json()).error).toContain(key.slice(-4));
  });

  it.each(PROVIDERS)("of %s can be revoked, drained and restored", async (provider) => {
    const { key, hash } = standIn.createProviderKey(provider);
    await control("POST", `/provider-keys/${hash}`, { state: "revoked" });
    expect((await check(provider, key)).ok).toBe(false);
    expect(
      await (await control("POST", `/provider-keys/${hash}`, { state: "active", credit: 0 })).json(),
    ).toMatchObject({
      state: "no_credit",
    });
    await control("POST", `/provider-keys/${hash}`, { state: "active" });
    expect((await check(provider, key)).status).toBe(200);
  });

  it.each(PROVIDERS)("of %s are refused by every other provider", async (provider) => {
    const { key } = standIn.createProviderKey(provider);
    for (const other of PROVIDERS.filter((name) => name !== provider)) expect((await check(other, key)).ok).toBe(false);
  });

  it.each([
    ["POST", "/provider-keys", {}, 400],
    ["POST", "/provider-keys", { provider: "openrouter" }, 400],
    ["POST", "/provider-keys", { provider: "google", kind: "admin" }, 400],
    ["POST", "/provider-keys", { provider: "xai", state: "asleep" }, 400],
    ["POST", `/provider-keys/${"0".repeat(64)}`, { state: "active" }, 404],
    ["POST", "/scenarios", { scenario: "openai-no-such" }, 400],
    ["POST", "/scenarios", { scenario: "google-missing-scope-401" }, 400],
  ])("a slip is told: %s %s %o", async (method, path, body, status) => {
    const response = await control(method, path, body);
    expect(response.status).toBe(status);
    expect((await response.json()).error).toMatch(/\.$/);
  });
});

describe("scenarios of the other providers", () => {
  it.each<[string, ProviderName, number, object]>([
    ["openai-status-429", "openai", 429, { error: { code: "rate_limit_exceeded" } }],
    ["openai-status-500", "openai", 500, { error: { type: "server_error" } }],
    ["openai-ip-not-authorized", "openai", 401, { error: { message: expect.stringContaining("IP address") } }],
    ["openai-unsupported-country", "openai", 403, { error: { message: expect.stringContaining("Country") } }],
    ["anthropic-status-529", "anthropic", 529, { type: "error", error: { type: "overloaded_error" } }],
    ["anthropic-low-credit-400", "anthropic", 400, { type: "error", error: { type: "invalid_request_error" } }],
    ["google-status-429", "google", 429, { error: { code: 429, status: "RESOURCE_EXHAUSTED" } }],
    [
      "google-key-type-unsupported",
      "google",
      401,
      { error: { details: [{ reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED" }] } },
    ],
    ["xai-status-503", "xai", 503, { code: expect.any(String), error: expect.any(String) }],
    ["xai-no-credit", "xai", 403, { error: expect.stringContaining("credits") }],
  ])("%s comes in the provider's own envelope, to its own calls only", async (scenario, provider, status, body) => {
    const { key } = standIn.createProviderKey(provider);
    standIn.emulator.addScenario({ scenario, times: 1 });
    for (const other of PROVIDERS.filter((name) => name !== provider)) {
      expect((await check(other, standIn.createProviderKey(other).key)).status).toBe(200);
    }
    const response = await check(provider, key);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
    if (status === 429) expect(response.headers.get("retry-after")).toBe("2");
    expect((await check(provider, key)).status).toBe(200);
  });

  it.each(PROVIDERS)("%s answers HTML, nothing, half a body, late or not at all when told to", async (provider) => {
    const { key } = standIn.createProviderKey(provider);
    const meets = (scenario: string) => standIn.emulator.addScenario({ scenario: `${provider}-${scenario}`, times: 1 });
    meets("html");
    expect(await (await check(provider, key)).text()).toMatch(/^<!doctype html>/);
    meets("empty-json");
    expect(await (await check(provider, key)).json()).toEqual({});
    meets("no-json");
    await expect((await check(provider, key)).json()).rejects.toThrow();
    meets("reset");
    await expect(check(provider, key)).rejects.toThrow();
    meets("hang");
    const silent = fetch(standIn.baseUrl(provider) + CHECKS[provider], { signal: AbortSignal.timeout(1000) });
    await expect(silent).rejects.toThrow("timeout");
    const path = `/${provider}/*`;
    standIn.emulator.addScenario({ match: { path }, scenario: { delayMs: 60 }, times: 1 });
    const start = performance.now();
    expect((await check(provider, key)).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(50);
  });

  it.each(PROVIDERS)(
    "%s refuses unknown paths, wrong methods and calls without a key in its own words",
    async (provider) => {
      const at = standIn.baseUrl(provider);
      const headers = { "anthropic-version": "2023-06-01" };
      expect((await fetch(`${at}/no/such/path`, { headers })).status).toBe(404);
      expect((await fetch(at + CHECKS[provider], { method: "DELETE", headers })).status).toBe(405);
      const without = await fetch(at + CHECKS[provider], { headers });
      expect(without.status).toBe(provider === "google" ? 403 : 401);
      expect(await without.json()).toHaveProperty("error");
    },
  );
});

it("the demo's settings lead to the stand-in for every provider", () => {
  const { OPENROUTER_URL, ...bases } = standIn.settings;
  expect(OPENROUTER_URL).toBe(standIn.url);
  expect(Object.values(bases)).toEqual(PROVIDERS.map(standIn.baseUrl));
});

it("Anthropic refuses a call from a web page, and one without a version", async () => {
  const { key } = standIn.createProviderKey("anthropic");
  const fromPage = await check("anthropic", key, { origin: "https://app.example" });
  expect(fromPage.status).toBe(401);
  expect((await fromPage.json()).error.message).toContain("CORS");
  expect((await fetch(`${standIn.baseUrl("anthropic")}/models`, { headers: { "x-api-key": key } })).status).toBe(400);
});

it("Google refuses a key in the address, and the request log does not show it", async () => {
  const { key } = standIn.createProviderKey("google");
  const response = await fetch(`${standIn.baseUrl("google")}/models?key=${key}`);
  expect(response.status).toBe(401);
  expect((await response.json()).error.details[0].reason).toBe("ACCESS_TOKEN_TYPE_UNSUPPORTED");
  expect(JSON.stringify(standIn.emulator.requests())).not.toContain(key.slice(5));
  expect(standIn.placesOf(key)).toEqual([{ path: "/google/v1beta/models", places: ["address"] }]);
});

describe("where a key went (S59)", () => {
  const doors = [...PROVIDERS, "openrouter" as const];
  const newKey = (provider: (typeof doors)[number]) =>
    provider === "openrouter" ? standIn.emulator.createKey().key : standIn.createProviderKey(provider).key;

  it.each(doors)(
    "a key of %s beside its header is found: in a prompt, another header, the address",
    async (provider) => {
      const { base, header } = keyDoors[provider];
      const key = newKey(provider);
      const value = header === "authorization" ? `Bearer ${key}` : key;
      const call = (path: string, headers: Record<string, string>, body: string) =>
        fetch(`${standIn.url}${base}${path}`, { method: "POST", headers: { [header]: value, ...headers }, body });
      await call("/models", {}, "{}");
      standIn.expectKeyOnlyAt(key, keyDoors[provider]);
      const leaks: [string, Record<string, string>, string, string][] = [
        ["/models", {}, JSON.stringify({ text: `first line\nmy key:\n${key}.` }), "body"],
        ["/models", {}, `please use ${key}, thanks`, "body"],
        ["/models", { "x-title": `app of ${key}` }, "{}", "header x-title"],
        [`/models?key=${encodeURIComponent(key)}`, {}, "{}", "address"],
      ];
      for (const [path, headers, body, place] of leaks) {
        standIn.emulator.clearRequests();
        await call(path, headers, body);
        expect(standIn.placesOf(key)[0]?.places).toEqual(expect.arrayContaining([`header ${header}`, place]));
        expect(() => standIn.expectKeyOnlyAt(key, keyDoors[provider])).toThrow();
        expect(JSON.stringify(standIn.emulator.requests())).not.toContain(key.slice(8, -4));
      }
    },
  );

  it("a key sent to another provider, or never sent, fails the assertion", async () => {
    const { key } = standIn.createProviderKey("openai");
    expect(() => standIn.expectKeyOnlyAt(key, keyDoors.openai)).toThrow("never received");
    await check("xai", key);
    expect(() => standIn.expectKeyOnlyAt(key, keyDoors.openai)).toThrow("/xai/v1/api-key");
  });
});
