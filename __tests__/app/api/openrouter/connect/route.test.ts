import { eq } from "drizzle-orm";
import { afterEach, describe, expect, it } from "vitest";
import { GET } from "@/app/api/openrouter/connect/route";
import { connectAttempts } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { testDatabase } from "../../../../support/database";
import { apiRequest, signedIn } from "../../../../support/requests";

const db = await testDatabase();
const path = "/api/openrouter/connect";
const page = { accept: "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const original = { ...env() };
afterEach(() => {
  Object.assign(env(), original);
});
const attemptsOf = (userId: string) => db.select().from(connectAttempts).where(eq(connectAttempts.userId, userId));

it("sends the browser to OpenRouter with a cookie for the way back", async () => {
  const { id, cookie } = await signedIn(db);
  const response = await GET(apiRequest(`${path}?returnTo=/c/1?x=2&mode=popup`, { cookie, headers: page }));
  expect(response.status).toBe(302);
  const location = new URL(response.headers.get("location") ?? "");
  expect(location.origin + location.pathname).toBe(`${env().OPENROUTER_URL}/auth`);
  expect(location.searchParams.get("callback_url")).toMatch(
    /^http:\/\/localhost:3000\/api\/openrouter\/callback\?state=[\w-]{43}$/,
  );
  expect(response.headers.getSetCookie()).toHaveLength(1);
  expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-orflow-.*; HttpOnly; Secure; SameSite=Lax$/);
  expect(response.headers.get("cache-control")).toBe("private, no-store");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(await attemptsOf(id)).toMatchObject([{ mode: "popup", returnTo: "/c/1?x=2", provider: "openrouter" }]);
});

it.each([
  ["programs that say nothing of how they navigate", {}],
  ["Node's fetch, which says cors and names no destination as a browser would", { "sec-fetch-mode": "cors" }],
])("takes %s", async (_, headers) => {
  const { cookie } = await signedIn(db);
  expect((await GET(apiRequest(path, { cookie, headers }))).status).toBe(302);
});

describe("refuses, and starts nothing for, a request that says it is no top-level navigation:", () => {
  it.each([
    ["fetch", { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }],
    ["an image", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
    ["a frame", { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }],
    ["an object", { "sec-fetch-mode": "navigate", "sec-fetch-dest": "object" }],
    ["a script of another site", { "sec-fetch-mode": "no-cors", "sec-fetch-site": "cross-site" }],
    ["a prefetch", { ...page, "sec-purpose": "prefetch" }],
    ["a prerendering", { ...page, "sec-purpose": "prefetch;prerender" }],
    ["an old prefetch", { ...page, purpose: "prefetch" }],
    ["only a destination", { "sec-fetch-dest": "empty" }],
  ])("%s", async (_what, headers) => {
    const { id, cookie } = await signedIn(db);
    const response = await GET(apiRequest(path, { cookie, headers: { accept: "text/html", ...headers } }));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "forbidden" });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await attemptsOf(id)).toEqual([]);
  });

  it("a HEAD request, which Next serves by GET", async () => {
    const { id, cookie } = await signedIn(db);
    expect((await GET(apiRequest(path, { method: "HEAD", cookie }))).status).toBe(403);
    expect(await attemptsOf(id)).toEqual([]);
  });
});

it("signed out, a browser goes to sign in and comes back to the same address", async () => {
  const response = await GET(apiRequest(`${path}?returnTo=%2Fc%2F1&mode=popup`, { headers: page }));
  expect(response.status).toBe(303);
  const location = new URL(response.headers.get("location") ?? "");
  expect(location.origin + location.pathname).toBe("http://localhost:3000/sign-in");
  expect(location.searchParams.get("callbackUrl")).toBe(`${path}?returnTo=%2Fc%2F1&mode=popup`);
});

it.each([{}, { accept: "application/json" }, { accept: "*/*" }])(
  "signed out, a program (%j) gets 401",
  async (headers) => {
    const response = await GET(apiRequest(path, { headers: headers as Record<string, string> }));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "unauthenticated" });
  },
);

it("a page may name the attempt of its popup, once", async () => {
  const [first, second] = [await signedIn(db), await signedIn(db)];
  const attempt = crypto.randomUUID();
  expect((await GET(apiRequest(`${path}?attempt=${attempt}`, { cookie: first.cookie }))).status).toBe(302);
  expect(await attemptsOf(first.id)).toMatchObject([{ id: attempt }]);
  for (const { cookie } of [first, second])
    expect((await GET(apiRequest(`${path}?attempt=${attempt}`, { cookie }))).status).toBe(409);
  expect(await attemptsOf(first.id)).toHaveLength(1);
  expect(await attemptsOf(second.id)).toEqual([]);
});

it.each(["attempt=1", "attempt=", "mode=window", "mode=", "who=me", "mode=popup&userId=1"])(
  "refuses the query %s",
  async (query) => {
    const { cookie } = await signedIn(db);
    const response = await GET(apiRequest(`${path}?${query}`, { cookie }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_request" });
  },
);

it("S34: a returnTo that leads elsewhere is not even stored", async () => {
  const { id, cookie } = await signedIn(db);
  await GET(apiRequest(`${path}?returnTo=${encodeURIComponent("//evil.example")}`, { cookie }));
  expect(await attemptsOf(id)).toMatchObject([{ returnTo: "/settings/keys" }]);
});

it("S35: the callback comes from the configuration, whatever host the request names", async () => {
  const { cookie } = await signedIn(db);
  const headers = {
    host: "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    forwarded: "host=evil.example;proto=http",
    "x-original-host": "evil.example",
  };
  const signedInAnswer = await GET(apiRequest(path, { cookie, headers }));
  const signedOutAnswer = await GET(apiRequest(path, { headers: { ...headers, accept: "text/html" } }));
  for (const response of [signedInAnswer, signedOutAnswer]) {
    expect(JSON.stringify([...response.headers])).not.toContain("evil");
  }
});

it("refuses to start from a public address without https, and says how to mend it", async () => {
  const { id, cookie } = await signedIn(db);
  Object.assign(env(), { NEXT_PUBLIC_APP_URL: "http://chat.example" });
  const response = await GET(apiRequest(path, { cookie }));
  expect(response.status).toBe(500);
  expect((await response.json()).detail).toContain("NEXT_PUBLIC_APP_URL");
  expect(await attemptsOf(id)).toEqual([]);
});

it("S40: a flood meets its limit: a browser is sent to the settings, a program gets 429; old cookies are taken out", async () => {
  const { id, cookie } = await signedIn(db);
  let jar = new Map<string, string>();
  const statuses: number[] = [];
  const left: (string | null)[] = [];
  for (let i = 0; i < 200; i++) {
    const cookies = [cookie, ...[...jar].map((pair) => pair.join("="))].join("; ");
    const response = await GET(apiRequest(path, { cookie: cookies }));
    statuses.push(response.status);
    left.push(response.headers.get("ratelimit-remaining"));
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar = new Map([...jar].filter(([other]) => other !== name));
      if (!set.includes("Max-Age=0")) jar.set(name, value);
    }
    expect(jar.size).toBeLessThanOrEqual(5);
  }
  expect(statuses).toEqual([...Array(10).fill(302), ...Array(190).fill(429)]);
  expect(left.slice(0, 11)).toEqual(["9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "0"]);
  expect((await attemptsOf(id)).length).toBeLessThanOrEqual(5);
  const response = await GET(apiRequest(path, { cookie, headers: page }));
  expect(response.headers.get("location")).toBe("http://localhost:3000/settings/keys?openrouter=rate_limited");
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(3500);
});
