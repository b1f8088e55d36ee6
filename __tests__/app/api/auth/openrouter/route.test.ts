import { randomBytes, randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GET } from "@/app/api/auth/openrouter/route";
import { GET as callback } from "@/app/api/openrouter/callback/route";
import { GET as connect } from "@/app/api/openrouter/connect/route";
import { requireBrowser } from "@/lib/auth/require-user";
import { connectAttempts, identities, rateLimits, sessions, userApiKeys, users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { withStoredKey } from "@/lib/keys/with-key";
import { log, safeFields } from "@/lib/log";
import { codeChallenge } from "@/lib/openrouter/pkce";
import { CookieJar } from "../../../../support/cookie-jar";
import { testDatabase } from "../../../../support/database";
import { json, keyInfo, newKey, openRouterUpstream } from "../../../../support/openrouter-upstream";
import { apiRequest, signedIn } from "../../../../support/requests";
import { audited, dump, expectNoTrace } from "../../../../support/stored-keys";

const db = await testDatabase();
const upstream = await openRouterUpstream();
const app = "http://localhost:3000";
const page = { accept: "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const newCode = () => randomBytes(24).toString("base64url");
const newPerson = () => `user_${randomBytes(8).toString("hex")}`;
const original = { ...env() };

beforeEach(async () => {
  await db.delete(rateLimits);
  owns(newPerson());
});
afterEach(() => {
  Object.assign(env(), { REGISTRATION: original.REGISTRATION, NEXT_PUBLIC_APP_URL: original.NEXT_PUBLIC_APP_URL });
});

/** From here on OpenRouter hands over a key of this person. */
function owns(person: unknown, apiKey = newKey()): string {
  upstream.gives(apiKey);
  upstream.answers.exchange = json(200, { key: apiKey, user_id: person });
  return apiKey;
}

/** A browser that follows where it is sent. */
function browser() {
  const jar = new CookieJar();
  const visit = async (handler: typeof GET, path: string, headers: Record<string, string> = {}) => {
    const response = await handler(apiRequest(path, { cookie: jar.header(), headers }));
    jar.take(response.headers.getSetCookie());
    return response;
  };
  return {
    jar,
    visit,
    async start(query = "") {
      const response = await visit(GET, `/api/auth/openrouter${query}`, page);
      const sent = new URL(response.headers.get("location") ?? app).searchParams;
      const state = new URL(sent.get("callback_url") ?? app).searchParams.get("state") ?? "";
      return { response, state, challenge: sent.get("code_challenge") };
    },
    comeBack: (query: string) => visit(callback, `/api/openrouter/callback?${query}`, page),
    user: () => requireBrowser(apiRequest("/", { cookie: jar.header() })).catch(() => undefined),
  };
}
type Browser = ReturnType<typeof browser>;

const people = async () => (await db.select().from(identities)).length;
const everything = async () => ({
  users: await db.select().from(users),
  sessions: await db.select().from(sessions),
  keys: await db.select().from(userApiKeys),
});
const failed = (response: Response, failure: string, callbackUrl?: string) => {
  const query = new URLSearchParams({ openrouter: failure, ...(callbackUrl && { callbackUrl }) });
  expect(response.headers.get("location")).toBe(`${app}/sign-in?${query}`);
};

it("makes the account, stores the key and begins the session in one step", async () => {
  const person = newPerson();
  const apiKey = owns(person);
  const one = browser();
  const { state, challenge, response } = await one.start("?returnTo=/c/1?x=2");
  expect(response.status).toBe(302);
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-orflow-[0-9a-f]{12}=.*; HttpOnly; Secure; SameSite=Lax$/);
  expect(await one.user()).toBeUndefined();

  const code = newCode();
  const back = await one.comeBack(`code=${code}&state=${state}`);
  expect(back.status).toBe(303);
  expect(back.headers.get("location")).toBe(`${app}/c/1?x=2&openrouter=connected`);
  expect(back.headers.get("referrer-policy")).toBe("no-referrer");
  expect(back.headers.getSetCookie().find((cookie) => cookie.includes("session-token"))).toMatch(
    /^next-auth\.session-token=[\w.-]+; Max-Age=7776000; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  expect([...one.jar.keys()]).toEqual(["next-auth.session-token"]);

  const user = await one.user();
  expect(user).toMatchObject({ email: null, name: null, role: "user" });
  const sent = JSON.parse(upstream.seen[0]?.body ?? "");
  expect([sent.code, codeChallenge(sent.code_verifier)]).toEqual([code, challenge]);
  const owner = { userId: user?.id ?? "", provider: "openrouter" } as const;
  expect(await withStoredKey(owner, async (stored) => stored)).toBe(apiKey);
  expect((await audited(db, owner.userId)).slice(0, 3).sort()).toEqual([
    "openrouter_connected",
    "registered",
    "signed_in",
  ]);
  expect(await db.select().from(identities).where(eq(identities.userId, owner.userId))).toMatchObject([
    { provider: "openrouter", providerAccountId: person },
  ]);
});

it("opens the same account the next time, in another browser, with the new key", async () => {
  const person = newPerson();
  const [first, second] = [browser(), browser()];
  owns(person);
  await first.comeBack(`code=${newCode()}&state=${(await first.start()).state}`);
  const apiKey = owns(person);
  await second.comeBack(`code=${newCode()}&state=${(await second.start()).state}`);
  const [one, two] = [await first.user(), await second.user()];
  expect(two?.id).toBe(one?.id);
  expect(two?.sessionId).not.toBe(one?.sessionId);
  const owner = { userId: one?.id ?? "", provider: "openrouter" } as const;
  expect(await withStoredKey(owner, async (stored) => stored)).toBe(apiKey);
  expect((await audited(db, owner.userId)).filter((action) => action === "registered")).toHaveLength(1);
});

it("20 first sign-ins of one person at once make one account", async () => {
  const person = newPerson();
  owns(person);
  const before = await people();
  const browsers = Array.from({ length: 20 }, browser);
  const states: string[] = [];
  for (const one of browsers) states.push((await one.start()).state);
  await Promise.all(browsers.map((one, at) => one.comeBack(`code=${newCode()}&state=${states[at]}`)));
  const ids = new Set(await Promise.all(browsers.map(async (one) => (await one.user())?.id)));
  expect(ids.size).toBe(1);
  expect([...ids][0]).toBeDefined();
  expect(await people()).toBe(before + 1);
});

describe("whose account it is", () => {
  it("connecting in the settings makes nobody the owner of that OpenRouter identity", async () => {
    const person = newPerson();
    owns(person);
    const alice = await signedIn(db);
    const hers = browser();
    hers.jar.take([`${alice.cookie};`]);
    const started = await hers.visit(connect, "/api/openrouter/connect", page);
    const sent = new URL(started.headers.get("location") ?? "").searchParams;
    const state = new URL(sent.get("callback_url") ?? "").searchParams.get("state");
    await hers.comeBack(`code=${newCode()}&state=${state}`);
    expect(await db.select().from(identities).where(eq(identities.providerAccountId, person))).toEqual([]);

    const other = browser();
    await other.comeBack(`code=${newCode()}&state=${(await other.start()).state}`);
    expect((await other.user())?.id).not.toBe(alice.id);
  });

  it("signed in already, it is a plain connect to the account one is in", async () => {
    const alice = await signedIn(db);
    const hers = browser();
    hers.jar.take([`${alice.cookie};`]);
    const response = await hers.visit(GET, "/api/auth/openrouter?returnTo=/c/1", page);
    expect(response.headers.get("location")).toBe(`${app}/api/openrouter/connect?returnTo=%2Fc%2F1`);
    expect(hers.jar.size).toBe(1);
  });

  it("closed registration lets known people in and nobody else; the key made on the way is named to its owner", async () => {
    const person = newPerson();
    owns(person);
    const known = browser();
    await known.comeBack(`code=${newCode()}&state=${(await known.start()).state}`);
    Object.assign(env(), { REGISTRATION: "closed" });
    const again = browser();
    await again.comeBack(`code=${newCode()}&state=${(await again.start()).state}`);
    expect((await again.user())?.id).toBe((await known.user())?.id);

    owns(newPerson());
    const before = await everything();
    const stranger = browser();
    failed(await stranger.comeBack(`code=${newCode()}&state=${(await stranger.start()).state}`), "registration_closed");
    expect(await everything()).toEqual(before);
    expect(stranger.jar.get("__Host-orleft")).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([null, undefined, "", 7])(
    "a user_id of %j signs nobody in, stores nothing and names the key left over",
    async (id) => {
      owns(id);
      const before = await everything();
      const one = browser();
      const { state } = await one.start("?returnTo=/settings/usage");
      failed(await one.comeBack(`code=${newCode()}&state=${state}`), "no_identity", "/settings/usage");
      expect(await everything()).toEqual(before);
      expect(one.jar.get("__Host-orleft")).toMatch(/^[0-9a-f]{64}$/);
      expect(await one.user()).toBeUndefined();
    },
  );
});

/** What an attacker can bring about: each way ends without a session, an exchange or an account. */
const attacks: Record<string, (victim: Browser, state: string, attacker: Browser) => Promise<Response>> = {
  "S29 no state": (victim) => victim.comeBack(`code=${newCode()}`),
  "S29 an empty state": (victim) => victim.comeBack(`code=${newCode()}&state=`),
  "S29 an unknown state": (victim) =>
    victim.comeBack(`code=${newCode()}&state=${randomBytes(32).toString("base64url")}`),
  "S29 the state twice": (victim, state) => victim.comeBack(`code=${newCode()}&state=${state}&state=${state}`),
  "S29 the hash that is stored": async (victim) => {
    const [row] = await db.select().from(connectAttempts).orderBy(sql`created_at desc`).limit(1);
    return victim.comeBack(`code=${newCode()}&state=${row?.stateHash}`);
  },
  "S30 the attacker's code and state": async (victim, _state, attacker) =>
    victim.comeBack(`code=${newCode()}&state=${(await attacker.start()).state}`),
  "S30 the attacker's state in a browser that started nothing": async (_victim, _state, attacker) =>
    browser().comeBack(`code=${newCode()}&state=${(await attacker.start()).state}`),
  "S30 the attacker's state under the victim's cookie": async (victim, _state, attacker) => {
    const { state } = await attacker.start();
    const [name = ""] = attacker.jar.keys();
    victim.jar.set(name, [...victim.jar.values()][0] ?? "");
    return victim.comeBack(`code=${newCode()}&state=${state}`);
  },
  "S32 the victim's address in the attacker's browser": (_victim, state, attacker) =>
    attacker.comeBack(`code=${newCode()}&state=${state}`),
  "S33 the cookie is gone": (victim, state) => {
    victim.jar.clear();
    return victim.comeBack(`code=${newCode()}&state=${state}`);
  },
  "S33 the cookie is altered": (victim, state) => {
    for (const [name, value] of victim.jar) victim.jar.set(name, `${value.slice(0, -6)}AAAA==`);
    return victim.comeBack(`code=${newCode()}&state=${state}`);
  },
  "S33 601 seconds have passed": async (victim, state) => {
    await db.update(connectAttempts).set({ expiresAt: sql`${connectAttempts.expiresAt} - interval '601 seconds'` });
    return victim.comeBack(`code=${newCode()}&state=${state}`);
  },
  "S37 a state of another provider": async (victim, state) => {
    await db.update(connectAttempts).set({ provider: "google" });
    return victim.comeBack(`code=${newCode()}&state=${state}`);
  },
  "S37 the state of somebody's connect, with its cookie": async (victim) => {
    const alice = await signedIn(db);
    const started = await connect(apiRequest("/api/openrouter/connect", { cookie: alice.cookie }));
    victim.jar.take(started.headers.getSetCookie());
    const sent = new URL(started.headers.get("location") ?? "").searchParams;
    const state = new URL(sent.get("callback_url") ?? "").searchParams.get("state");
    return victim.comeBack(`code=${newCode()}&state=${state}`);
  },
  "S37 a sign-in that is turned into a connect by its row": async (victim, state) => {
    const alice = await signedIn(db);
    await db.update(connectAttempts).set({ purpose: "connect", userId: alice.id }).where(sql`user_id is null`);
    return victim.comeBack(`code=${newCode()}&state=${state}`);
  },
};

describe("signs nobody in, asks OpenRouter nothing and makes no account:", () => {
  it.each(Object.keys(attacks))("%s", async (name) => {
    const [victim, attacker] = [browser(), browser()];
    const { state } = await victim.start();
    const before = await people();
    const response = await attacks[name]?.(victim, state, attacker);
    expect(response?.status).toBe(303);
    expect(response?.headers.get("location")).toMatch(/openrouter=(expired_attempt|signed_out)$/);
    expect(response?.headers.getSetCookie().some((cookie) => cookie.includes("session-token"))).toBe(false);
    expect(await victim.user()).toBeUndefined();
    expect(await attacker.user()).toBeUndefined();
    expect(upstream.exchanges()).toBe(0);
    expect(await people()).toBe(before);
  });

  it("S31 somebody signed in meanwhile in the same browser: it stays that account, with its own key", async () => {
    const one = browser();
    const { state } = await one.start();
    const alice = await signedIn(db);
    one.jar.take([`${alice.cookie};`]);
    const response = await one.comeBack(`code=${newCode()}&state=${state}`);
    expect(response.headers.get("location")).toBe(`${app}/settings/keys?openrouter=expired_attempt`);
    expect((await one.user())?.id).toBe(alice.id);
    expect(upstream.exchanges()).toBe(0);
    expect(await db.select().from(userApiKeys).where(eq(userApiKeys.userId, alice.id))).toEqual([]);
  });

  it.each([
    ["an image", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
    ["a frame", { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }],
    ["a prefetch", { ...page, "sec-purpose": "prefetch" }],
    ["fetch of another site", { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }],
  ] as [string, Record<string, string>][])("%s neither starts nor finishes one", async (_what, headers) => {
    const one = browser();
    expect((await one.visit(GET, "/api/auth/openrouter", headers)).status).toBe(403);
    const { state } = await one.start();
    const path = `/api/openrouter/callback?code=${newCode()}&state=${state}`;
    expect((await one.visit(callback, path, headers)).status).toBe(403);
    expect(upstream.exchanges()).toBe(0);
    expect((await one.visit(callback, path, page)).headers.get("location")).toContain("connected");
  });
});

describe("S32: the same address again", () => {
  it("50 times at once in one browser: one exchange, one account, one session, one answer", async () => {
    const one = browser();
    const { state } = await one.start("?returnTo=/c/1");
    const cookie = one.jar.header();
    const address = `/api/openrouter/callback?code=${newCode()}&state=${state}`;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => callback(apiRequest(address, { cookie, headers: page }))),
    );
    expect(new Set(answers.map(({ headers }) => headers.get("location")))).toEqual(
      new Set([`${app}/c/1?openrouter=connected`]),
    );
    expect(upstream.exchanges()).toBe(1);
    const signedInAs = new Set<string | undefined>();
    for (const { headers } of answers) {
      const jar = new CookieJar();
      jar.take(headers.getSetCookie());
      signedInAs.add((await requireBrowser(apiRequest("/", { cookie: jar.header() }))).sessionId);
    }
    expect(signedInAs.size).toBe(1);
  });

  it("later: the browser that is signed in sees the same, others and after signing out nobody", async () => {
    const [one, other] = [browser(), browser()];
    const { state } = await one.start("?returnTo=/c/1");
    const copied = one.jar.header();
    const query = `code=${newCode()}&state=${state}`;
    await one.comeBack(query);
    expect((await one.comeBack(query)).headers.get("location")).toBe(`${app}/c/1?openrouter=connected`);
    failed(await other.comeBack(query), "expired_attempt");
    const user = await one.user();
    await db.delete(sessions).where(eq(sessions.id, user?.sessionId ?? randomUUID()));
    const late = await callback(apiRequest(`/api/openrouter/callback?${query}`, { cookie: copied, headers: page }));
    expect(late.headers.getSetCookie().some((cookie) => cookie.includes("session-token"))).toBe(false);
    expect(upstream.exchanges()).toBe(1);
  });
});

describe("S38: when OpenRouter does not give a good key, nobody is signed in, and a second try asks nothing:", () => {
  const cases: [string, Partial<typeof upstream.answers>, string, string][] = [
    ["denied there", {}, "error=access_denied", "denied"],
    ["walked away", {}, "", "denied"],
    ["two codes", {}, `code=${newCode()}&code=${newCode()}`, "exchange_failed"],
    ["a used code", { exchange: json(403, {}) }, "", "exchange_failed"],
    ["overload", { exchange: json(500, {}) }, "", "provider_unavailable"],
    ["a reset", { exchange: (request) => void request.socket.destroy() }, "", "provider_unavailable"],
    ["no key in it", { exchange: json(200, { user_id: "user_1" }) }, "", "exchange_failed"],
    ["a refused key", { key: json(401, {}) }, "", "key_invalid"],
    ["a management key", { key: keyInfo({ is_management_key: true }) }, "", "wrong_kind_of_key"],
    ["a key that cannot be checked", { key: json(500, {}) }, "", "provider_unavailable"],
  ];
  it.each(cases)("%s", async (name, answers, query, failure) => {
    Object.assign(upstream.answers, answers);
    const before = await everything();
    const one = browser();
    const { state } = await one.start();
    const asked = query === "" && name !== "walked away" ? `code=${newCode()}` : query;
    failed(await one.comeBack(`${asked}&state=${state}`), failure);
    failed(await one.comeBack(`${asked}&state=${state}`), "expired_attempt");
    expect(upstream.exchanges()).toBeLessThanOrEqual(1);
    expect(await everything()).toEqual(before);
  });
});

it("S34: leads nowhere else afterwards", async () => {
  for (const away of ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/api/v1/x"]) {
    const one = browser();
    const { state } = await one.start(`?returnTo=${encodeURIComponent(away)}`);
    const back = await one.comeBack(`code=${newCode()}&state=${state}`);
    expect(back.headers.get("location")).toBe(`${app}/?openrouter=connected`);
    owns(newPerson());
  }
});

it("S40: a flood meets its limit, keeps five cookies under 4 kB, and says so on the sign-in page", async () => {
  const one = browser();
  const statuses: number[] = [];
  for (let at = 0; at < 70; at++) {
    statuses.push((await one.start()).response.status);
    expect(one.jar.size).toBeLessThanOrEqual(5);
    await setImmediate(); // the embedded database answers without ever letting sockets have their turn
  }
  expect(statuses).toEqual([...Array(60).fill(302), ...Array(10).fill(303)]);
  expect(one.jar.header().length).toBeLessThan(4096);
  failed((await one.start("?returnTo=/c/1")).response, "rate_limited", "/c/1");
  const program = await GET(apiRequest("/api/auth/openrouter"));
  expect(program.status).toBe(429);
});

it("attempts that led nowhere are cleared away after a day", async () => {
  await browser().start();
  const old = sql`now() - interval '25 hours'`;
  await db.update(connectAttempts).set({ expiresAt: old }).where(sql`user_id is null`);
  await browser().start();
  const left = await db.select().from(connectAttempts).where(sql`user_id is null`);
  expect(left).toHaveLength(1);
});

it.each(["who=me", "mode=popup", "returnTo=/a&returnTo=/b&x=1"])("refuses the query %s", async (query) => {
  const response = await GET(apiRequest(`/api/auth/openrouter?${query}`));
  expect(response.status).toBe(400);
});

it("lets neither key, its hash, code, state nor verifier into the log or the database", async () => {
  const lines: string[] = [];
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(log, level).mockImplementation((message, fields) => {
      lines.push(JSON.stringify([message, fields && safeFields(fields)]));
    });
  }
  for (const person of [newPerson(), null]) {
    const apiKey = owns(person);
    const one = browser();
    const { state } = await one.start();
    const code = newCode();
    await one.comeBack(`code=${code}&state=${state}`);
    const { code_verifier } = JSON.parse(upstream.seen[0]?.body ?? "");
    const kept = lines.join("\n") + (await dump(db));
    expectNoTrace(kept, apiKey);
    const hash = one.jar.get("__Host-orleft");
    for (const secret of [code, state, code_verifier, ...(hash ? [hash] : [])]) expect(kept).not.toContain(secret);
  }
  expect(lines.length).toBeGreaterThan(0);
});
