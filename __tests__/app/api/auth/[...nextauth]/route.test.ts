import { eq } from "drizzle-orm";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { GET, POST } from "@/app/api/auth/[...nextauth]/route";
import { hashPassword, verifyPassword } from "@/lib/auth/password";
import { requireBrowser } from "@/lib/auth/require-user";
import type { Connection } from "@/lib/db/client";
import { rateLimits, sessions, users } from "@/lib/db/schema";
import { policies } from "@/lib/rate-limit/policies";
import { testDatabase } from "../../../../support/database";
import { setTestEnv } from "../../../../support/env";
import { apiRequest } from "../../../../support/requests";

const db = await testDatabase();
const PASSWORD = "correct horse battery";
await db.insert(users).values({ email: "ada@example.org", name: "Ada", passwordHash: await hashPassword(PASSWORD) });

const github = setupServer();
beforeAll(() => github.listen({ onUnhandledFrame: "error" }));
afterAll(() => github.close());
afterEach(async () => {
  github.resetHandlers();
  setTestEnv();
  await db.delete(rateLimits);
  await db.delete(sessions);
});

type Form = Record<string, string>;

/** A browser with a cookie jar, on next-auth's routes. */
function browser() {
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const answered = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const [name = "", value = ""] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (value === "" || attributes.includes("Max-Age=0")) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  const context = (path: string) => ({ params: Promise.resolve({ nextauth: path.replace(/\?.*/, "").split("/") }) });
  const get = async (path: string) =>
    answered(await GET(apiRequest(`/api/auth/${path}`, { cookie: cookie() }), context(path)));
  const post = async (path: string, form: Form | string, headers: Form = {}) => {
    const body = typeof form === "string" ? form : new URLSearchParams(form).toString();
    const all = { "content-type": "application/x-www-form-urlencoded", ...headers };
    const request = apiRequest(`/api/auth/${path}`, { method: "POST", body, cookie: cookie(), headers: all });
    return answered(await POST(request, context(path)));
  };
  const csrfToken = async (): Promise<string> => (await (await get("csrf")).json()).csrfToken;
  const signIn = async (email: string, password: string, headers?: Form) => {
    const form = { email, password, csrfToken: await csrfToken(), json: "true", callbackUrl: "/c/1" };
    const response = await post("callback/credentials", form, headers);
    const { url } = await response.json();
    return { status: response.status, url, error: new URL(url).searchParams.get("error"), response };
  };
  const whoAmI = async () =>
    requireBrowser(apiRequest("/api/preferences", { cookie: cookie() })).catch(() => undefined);
  return { jar, cookie, get, post, csrfToken, signIn, whoAmI };
}

it("signs a person in, tells the browser who they are, and leads where they wanted to go", async () => {
  const { signIn, whoAmI, get, jar } = browser();
  const { url, error, response } = await signIn("Ada@example.org", PASSWORD);
  expect([url, error]).toEqual(["http://localhost:3000/c/1", null]);
  const line = response.headers.getSetCookie().find((cookie) => cookie.startsWith("next-auth.session-token=")) ?? "";
  expect(line).toMatch(/; HttpOnly/i);
  expect(line).toMatch(/; SameSite=Lax/i);
  expect(line).toMatch(/; Path=\//);
  expect(await whoAmI()).toMatchObject({ email: "ada@example.org", name: "Ada", role: "user" });
  const session = await (await get("session")).json();
  expect(session).toEqual({
    user: { id: expect.any(String), email: "ada@example.org", name: "Ada", role: "user" },
    expires: expect.any(String),
  });
  expect(jar.get("next-auth.session-token")).toBeDefined();
});

it("remembers which browser it was", async () => {
  await browser().signIn("ada@example.org", PASSWORD, { "user-agent": "Testfox 1\u00fc" });
  expect(await db.select().from(sessions)).toEqual([
    expect.objectContaining({ userAgent: "Testfox 1", address: "unknown" }),
  ]);
});

it("gives each sign-in a session of its own", async () => {
  const [one, two] = [browser(), browser()];
  await one.signIn("ada@example.org", PASSWORD);
  await two.signIn("ada@example.org", PASSWORD);
  expect((await one.whoAmI())?.sessionId).not.toBe((await two.whoAmI())?.sessionId);
});

it("answers a wrong password and an unknown address with the same bytes", async () => {
  const texts = [];
  for (const email of ["ada@example.org", "nobody@example.org"]) {
    const { csrfToken, post, jar } = browser();
    const form = { email, password: "wrong password", csrfToken: await csrfToken(), json: "true" };
    const response = await post("callback/credentials", form);
    texts.push([response.status, await response.text()]);
    expect([...jar.keys()].join()).not.toContain("session-token");
  }
  expect(texts[0]).toEqual(texts[1]);
  expect(texts[0]?.[1]).toContain("error=CredentialsSignin");
});

it("signs nobody in without next-auth's own token", async () => {
  const { post, csrfToken, whoAmI } = browser();
  const form = { email: "ada@example.org", password: PASSWORD, json: "true" };
  await post("callback/credentials", form);
  await csrfToken();
  await post("callback/credentials", { ...form, csrfToken: "0".repeat(64) });
  expect(await whoAmI()).toBeUndefined();
  expect(await db.select().from(sessions)).toEqual([]);
});

it("takes a program's sign-in without Origin, since the token proves where it read", async () => {
  const { signIn, whoAmI } = browser();
  await signIn("ada@example.org", PASSWORD, { origin: "" });
  expect(await whoAmI()).toBeDefined();
});

it.each([{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, { origin: "null" }])(
  "refuses a sign-in from another site: %j",
  async (headers) => {
    const { post, csrfToken } = browser();
    const form = { email: "ada@example.org", password: PASSWORD, csrfToken: await csrfToken(), json: "true" };
    expect((await post("callback/credentials", form, headers as unknown as Form)).status).toBe(403);
  },
);

it("kills a copied cookie with the sign-out", async () => {
  const { signIn, whoAmI, post, csrfToken, jar } = browser();
  await signIn("ada@example.org", PASSWORD);
  const stolen = jar.get("next-auth.session-token") ?? "";
  expect((await post("signout", { csrfToken: await csrfToken(), json: "true" })).status).toBe(200);
  expect(jar.has("next-auth.session-token")).toBe(false);
  jar.set("next-auth.session-token", stolen);
  expect(await whoAmI()).toBeUndefined();
});

it("signs nobody out without the token", async () => {
  const { signIn, whoAmI, post } = browser();
  await signIn("ada@example.org", PASSWORD);
  await post("signout", { json: "true" });
  expect(await whoAmI()).toBeDefined();
});

it("clears the cookie of a session that has ended, and says that nobody is signed in", async () => {
  const { signIn, get, jar } = browser();
  await signIn("ada@example.org", PASSWORD);
  await db.delete(sessions);
  expect(await (await get("session")).json()).toEqual({});
  expect(jar.has("next-auth.session-token")).toBe(false);
});

it("keeps the cookie of a good session while the database is down", async () => {
  const { signIn, get, post, csrfToken, jar } = browser();
  await signIn("ada@example.org", PASSWORD);
  const token = await csrfToken();
  const shared = globalThis as { __chatelaineDb?: Promise<Connection> };
  const open = shared.__chatelaineDb;
  shared.__chatelaineDb = Promise.reject(new Error("connect ECONNREFUSED 10.0.0.9"));
  shared.__chatelaineDb.catch(() => {});
  const answers = [await get("session"), await post("signout", { csrfToken: token, json: "true" })];
  const refused = await post("callback/credentials", {
    email: "ada@example.org",
    password: PASSWORD,
    csrfToken: token,
    json: "true",
  });
  shared.__chatelaineDb = open;
  expect(answers.map(({ status }) => status)).toEqual([500, 500]);
  expect(jar.has("next-auth.session-token")).toBe(true);
  const text = await refused.text();
  expect(text).toContain("error=internal");
  expect(text).not.toContain("ECONNREFUSED");
});

it("refuses the 11th wrong password for an account, says so, and leaves its live session alone", async () => {
  const owner = browser();
  await owner.signIn("ada@example.org", PASSWORD);
  const guesser = browser();
  const errors = [];
  for (let guess = 0; guess < 11; guess++)
    errors.push((await guesser.signIn("ada@example.org", "wrong password")).error);
  expect(errors).toEqual([...Array(10).fill("CredentialsSignin"), "rate_limited"]);
  const { error, response } = await guesser.signIn("ada@example.org", PASSWORD);
  expect([error, response.headers.get("ratelimit-remaining")]).toEqual(["rate_limited", "0"]);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(800);
  expect(await owner.whoAmI()).toMatchObject({ email: "ada@example.org" });
});

it("counts guesses over many accounts by network, whatever X-Forwarded-For says", async () => {
  setTestEnv({ RATE_LIMIT_FACTOR: String(3.1 / policies.login_address.limit) });
  const { signIn } = browser();
  const errors = [];
  for (let guess = 0; guess < 4; guess++) {
    const headers = { "x-forwarded-for": `198.51.100.${guess}`, "x-peer-address": `198.51.100.${guess}` };
    errors.push((await signIn(`someone${guess}@example.org`, "wrong password", headers)).error);
  }
  expect(errors).toEqual([...Array(3).fill("CredentialsSignin"), "rate_limited"]);
});

it("does not lock out who signs in often with the right password", async () => {
  for (let time = 0; time < 12; time++) {
    expect((await browser().signIn("ada@example.org", PASSWORD)).error).toBeNull();
  }
});

it.each(["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])(
  "never leads to another site after the sign-in: %s",
  async (callbackUrl) => {
    const { post, csrfToken } = browser();
    const form = { email: "ada@example.org", password: PASSWORD, json: "true", callbackUrl };
    const response = await post("callback/credentials", { ...form, csrfToken: await csrfToken() });
    expect(new URL((await response.json()).url).origin).toBe("http://localhost:3000");
  },
);

it.each([
  ["JSON", "{}", { "content-type": "application/json" }, 415],
  ["too large", `email=${"a".repeat(20_000)}`, {}, 413],
] as const)("refuses a body that is %s", async (_, body, headers, status) => {
  expect((await browser().post("callback/credentials", body, headers)).status).toBe(status);
});

it("S48: refuses a sign-in at the door while many wait, and asks the database nothing for it", async () => {
  const { post, csrfToken } = browser();
  const form = { email: "ada@example.org", password: PASSWORD, csrfToken: await csrfToken(), json: "true" };
  const open = Promise.withResolvers<boolean>();
  const hash = () => verifyPassword("x", "$stored", (() => open.promise) as never);
  const waiting = Promise.allSettled(Array.from({ length: 60 }, hash));
  const asked = vi.spyOn(db, "select");
  const refusal = await post("callback/credentials", form);
  expect([refusal.status, refusal.headers.get("retry-after"), asked.mock.calls.length]).toEqual([429, "5", 0]);
  expect(await refusal.json()).toMatchObject({ code: "rate_limited" });
  open.resolve(false);
  await waiting;
  expect((await post("callback/credentials", form)).status).toBe(200);
});

it("lets nobody write into our log", async () => {
  expect((await browser().post("_log", { level: "error", code: "FORGED", message: "x" })).status).toBe(204);
});

it("shows our sign-in page in place of next-auth's", async () => {
  const { get } = browser();
  for (const path of ["signin?callbackUrl=/c/1", "error?error=AccessDenied", "verify-request"]) {
    const location = (await get(path)).headers.get("location") ?? "";
    expect(location, path).toMatch(/^(http:\/\/localhost:3000)?\/sign-in/);
  }
});

it("names its cookies __Host- and Secure where the site is https", async () => {
  setTestEnv({ NEXT_PUBLIC_APP_URL: "https://chat.example.org" });
  process.env.NEXTAUTH_URL = "https://chat.example.org"; // what instrumentation.ts does
  try {
    const { signIn } = browser();
    const { response } = await signIn("ada@example.org", PASSWORD);
    for (const line of response.headers.getSetCookie()) {
      expect(line).toMatch(/^__Host-next-auth\./);
      expect(line).toMatch(/; Secure/);
      expect(line).not.toMatch(/; Domain/i);
    }
    expect(response.headers.getSetCookie().join()).toContain("__Host-next-auth.session-token=");
  } finally {
    delete process.env.NEXTAUTH_URL;
  }
});

it("signs in through GitHub with the address that GitHub has verified", async () => {
  setTestEnv({ GITHUB_ID: "client", GITHUB_SECRET: "secret" });
  github.use(
    http.post("https://github.com/login/oauth/access_token", () =>
      HttpResponse.json({ access_token: "gho_token", token_type: "bearer", scope: "user:email" }),
    ),
    http.get("https://api.github.com/user", () =>
      HttpResponse.json({ id: 42, login: "grace", name: "Grace", email: "ada@example.org" }),
    ),
    http.get("https://api.github.com/user/emails", () =>
      HttpResponse.json([{ email: "grace@example.org", primary: true, verified: true }]),
    ),
  );
  const { get, post, csrfToken, whoAmI } = browser();
  const form = { csrfToken: await csrfToken(), json: "true", callbackUrl: "/" };
  const start = new URL((await (await post("signin/github", form)).json()).url);
  expect(start.origin).toBe("https://github.com");
  expect(start.searchParams.get("redirect_uri")).toBe("http://localhost:3000/api/auth/callback/github");
  await get(`callback/github?code=abc&state=${start.searchParams.get("state")}`);
  expect(await whoAmI()).toMatchObject({ email: "grace@example.org", name: "Grace" });
  const [stored] = await db.select().from(users).where(eq(users.email, "grace@example.org"));
  expect(stored?.passwordHash).toBeNull();
});
