import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { GET } from "@/app/api/openrouter/callback/route";
import { GET as connect } from "@/app/api/openrouter/connect/route";
import { sessions } from "@/lib/db/schema";
import { testDatabase } from "../../../../support/database";
import { json, newKey, openRouterUpstream } from "../../../../support/openrouter-upstream";
import { apiRequest, signedIn } from "../../../../support/requests";
import { audited, rawKey } from "../../../../support/stored-keys";

const db = await testDatabase();
const upstream = await openRouterUpstream();
const app = "http://localhost:3000";
const path = "/api/openrouter/callback";
const newCode = () => randomBytes(24).toString("base64url");
beforeEach(() => {
  upstream.gives(newKey());
});

async function started(query = "") {
  const user = await signedIn(db);
  const response = await connect(apiRequest(`/api/openrouter/connect${query}`, { cookie: user.cookie }));
  const sent = new URL(response.headers.get("location") ?? "").searchParams;
  const state = new URL(sent.get("callback_url") ?? "").searchParams.get("state") ?? "";
  const flowCookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return { ...user, state, flowCookie, cookies: `${user.cookie}; ${flowCookie}` };
}

it("ends at a clean address with the result, takes the cookie out and sends no referrer", async () => {
  const { cookies, state, flowCookie, id } = await started("?returnTo=/c/1?x=1");
  const code = newCode();
  const response = await GET(apiRequest(`${path}?code=${code}&state=${state}`, { cookie: cookies }));
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe(`${app}/c/1?x=1&openrouter=connected`);
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.get("cache-control")).toBe("private, no-store");
  expect(response.headers.getSetCookie()).toEqual([
    `${flowCookie.split("=")[0]}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`,
  ]);
  expect(await rawKey(db, id)).toMatchObject({ state: "active" });
});

it.each([
  ["?error=access_denied", "denied"],
  ["?x=1", "denied"],
])("%s goes back with %s", async (query, outcome) => {
  const { cookies, state } = await started();
  const response = await GET(apiRequest(`${path}${query}&state=${state}`, { cookie: cookies }));
  expect(response.headers.get("location")).toBe(`${app}/settings/keys?openrouter=${outcome}`);
});

it("in popup mode answers a page that tells the opener, under the nonce of the page policy", async () => {
  const { cookies, state } = await started("?mode=popup");
  const headers = { "x-nonce": "bm9uY2U=" };
  const response = await GET(apiRequest(`${path}?code=${newCode()}&state=${state}`, { cookie: cookies, headers }));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("content-security-policy")).toBeNull(); // proxy.ts sets it
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  const html = await response.text();
  expect(html).toContain('<script nonce="bm9uY2U=">');
  expect(html).toContain('"outcome":"connected"');
  expect(html).not.toContain(state);
});

it("in popup mode tells failures the same way, and without proxy.ts brings a policy of its own", async () => {
  upstream.answers.exchange = json(403, {});
  const { cookies, state } = await started("?mode=popup");
  const response = await GET(apiRequest(`${path}?code=${newCode()}&state=${state}`, { cookie: cookies }));
  const html = await response.text();
  const nonce = /script nonce="([^"]+)"/.exec(html)?.[1];
  expect(response.headers.get("content-security-policy")).toContain(`script-src 'nonce-${nonce}'`);
  expect(html).toContain('"outcome":"exchange_failed"');
});

it("the same address twice at once connects once and gives the same redirect twice", async () => {
  const { cookies, state, id } = await started();
  const address = `${path}?code=${newCode()}&state=${state}`;
  const answers = await Promise.all([1, 2].map(() => GET(apiRequest(address, { cookie: cookies }))));
  expect(answers.map((answer) => answer.headers.get("location"))).toEqual(
    [1, 2].map(() => `${app}/settings/keys?openrouter=connected`),
  );
  expect(upstream.exchanges()).toBe(1);
  expect(await audited(db, id)).toEqual(["openrouter_connected"]);
});

describe("stores nothing and asks nobody when", () => {
  const settings = (outcome: string) => `${app}/settings/keys?openrouter=${outcome}`;

  it("signed out", async () => {
    const { state, flowCookie, id } = await started();
    const response = await GET(apiRequest(`${path}?code=${newCode()}&state=${state}`, { cookie: flowCookie }));
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(settings("signed_out"));
    expect(upstream.exchanges()).toBe(0);
    expect(await rawKey(db, id)).toBeUndefined();
  });

  it("the session has ended", async () => {
    const { cookies, state, sessionId } = await started();
    await db.delete(sessions).where(eq(sessions.id, sessionId));
    const response = await GET(apiRequest(`${path}?code=${newCode()}&state=${state}`, { cookie: cookies }));
    expect(response.headers.get("location")).toBe(settings("signed_out"));
    expect(upstream.exchanges()).toBe(0);
  });

  it("somebody else's browser brings it", async () => {
    const [victim, attacker] = [await started(), await started()];
    const response = await GET(
      apiRequest(`${path}?code=${newCode()}&state=${attacker.state}`, {
        cookie: `${victim.cookies}; ${attacker.flowCookie}`,
      }),
    );
    expect(response.headers.get("location")).toBe(settings("expired_attempt"));
    expect(upstream.exchanges()).toBe(0);
    expect(await rawKey(db, victim.id)).toBeUndefined();
  });

  it.each([
    ["an image", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
    ["a frame", { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }],
    ["a prefetch", { "sec-purpose": "prefetch" }],
  ])("%s asks for it, and the attempt can still be finished", async (_what, headers) => {
    const { cookies, state } = await started();
    const address = `${path}?code=${newCode()}&state=${state}`;
    expect(
      (await GET(apiRequest(address, { cookie: cookies, headers: headers as Record<string, string> }))).status,
    ).toBe(403);
    expect(upstream.exchanges()).toBe(0);
    const response = await GET(apiRequest(address, { cookie: cookies }));
    expect(response.headers.get("location")).toBe(settings("connected"));
  });
});

it("S35: leads back to the configured site, whatever host the request names", async () => {
  const { cookies, state } = await started();
  const headers = { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };
  const response = await GET(apiRequest(`${path}?code=${newCode()}&state=${state}`, { cookie: cookies, headers }));
  expect(response.headers.get("location")).toBe(`${app}/settings/keys?openrouter=connected`);
});
