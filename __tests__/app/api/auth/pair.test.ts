import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { audited } from "@/__tests__/support/stored-keys";
import { POST as lock } from "@/app/api/account/lock/route";
import { PUT as changePassword } from "@/app/api/account/password/route";
import { POST as logIn } from "@/app/api/auth/login/route";
import { POST as logOut } from "@/app/api/auth/logout/route";
import { GET as me } from "@/app/api/auth/me/route";
import { POST as refresh } from "@/app/api/auth/refresh/route";
import { POST as register } from "@/app/api/auth/register/route";
import { DELETE as endOne } from "@/app/api/auth/sessions/[id]/route";
import { DELETE as endOthers, GET as listSessions } from "@/app/api/auth/sessions/route";
import { writeGathered } from "@/lib/audit/gather";
import { readToken } from "@/lib/auth/bearer";
import { auditEvents, rateLimits, tokenFamilies, users } from "@/lib/db/schema";

const db = await testDatabase();
beforeEach(() => void delete (globalThis as { __chatelaineSignIns?: unknown }).__chatelaineSignIns);
afterEach(async () => {
  await db.delete(rateLimits);
});

const PASSWORD = "correct horse battery";
const agent = { origin: "", "user-agent": "curl/8.5.0" };
const post = (handler: typeof logIn, body: unknown, headers: Record<string, string> = {}) =>
  handler(apiRequest("/api/auth/x", { method: "POST", body, headers: { ...agent, ...headers } }));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const ask = async (accessToken: string) =>
  (await me(apiRequest("/api/auth/me", { headers: bearer(accessToken) }))).status;
const renew = async (refreshToken: string) => {
  const response = await post(refresh, { refreshToken });
  return { status: response.status, ...(await response.json()) };
};
type Pair = { accessToken: string; refreshToken: string; expiresIn: number };

async function someone() {
  const email = `${randomUUID()}@example.org`;
  const { user, ...pair } = await (await post(register, { email, password: PASSWORD, name: "Ada" })).json();
  return { email, id: user.id as string, user, ...(pair as Pair) };
}
const familyOf = (token: string) => (readToken(token) as { familyId: string }).familyId;
const rowOf = async (token: string) =>
  (
    await db
      .select()
      .from(tokenFamilies)
      .where(eq(tokenFamilies.id, familyOf(token)))
  )[0];
/** As if the last rotation had been this long ago. */
const wait = (token: string, time: string) =>
  db
    .update(tokenFamilies)
    .set({ rotatedAt: sql`now() - ${time}::interval` })
    .where(eq(tokenFamilies.id, familyOf(token)));

describe("signing in over REST", () => {
  it("answers who it is, with both tokens and how long the first is good, and tells the log", async () => {
    const { email, id, user } = await someone();
    const response = await post(logIn, { email: ` ${email.toUpperCase()} `, password: PASSWORD });
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "private, no-store"]);
    expect(response.headers.get("set-cookie")).toBeNull();
    const answer = await response.json();
    expect(answer).toEqual({
      user: { id, email, name: "Ada", role: "user", createdAt: user.createdAt },
      accessToken: expect.stringMatching(/^cha_[0-9A-Za-z]{71}$/),
      refreshToken: expect.stringMatching(/^chr_[0-9A-Za-z]{71}$/),
      expiresIn: 3600,
    });
    expect(await (await me(apiRequest("/api/auth/me", { headers: bearer(answer.accessToken) }))).json()).toEqual({
      user: answer.user,
    });
    expect(await audited(db, id)).toEqual(["registered", "signed_in"]);
  });

  it.each([
    ["a wrong password", { password: "incorrect horse" }],
    ["an unknown address", { email: "nobody@example.org" }],
    ["what is no address", { email: "x" }],
    ["a password too short for any account", { password: "x" }],
  ])("refuses %s in the same words", async (_, change) => {
    const { email } = await someone();
    const response = await post(logIn, { email, password: PASSWORD, ...change });
    const { code, detail } = await response.json();
    expect([response.status, code]).toEqual([401, "invalid_credentials"]);
    expect(detail).toBe("The e-mail address or the password is wrong. Nobody was signed in. Check both and try again.");
  });

  it("tells the owner of a wrong password", async () => {
    const { email, id } = await someone();
    await post(logIn, { email, password: "incorrect horse" });
    await writeGathered(id);
    expect(await audited(db, id)).toEqual(["registered", "sign_in_failed"]);
  });

  it("counts by the account, together with the browser's sign-in, and says what is left", async () => {
    const { email } = await someone();
    const tries = [];
    for (let i = 0; i < 11; i += 1) tries.push(await post(logIn, { email, password: "incorrect horse" }));
    expect(tries.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429]);
    expect(tries[9]?.headers.get("ratelimit-remaining")).toBe("0");
    expect((await post(logIn, { email, password: PASSWORD })).status).toBe(429);
  });

  it.each([
    ["no password", { email: "a@example.org" }, 400],
    ["a field too many", { email: "a@example.org", password: PASSWORD, role: "admin" }, 400],
    ["no JSON", "x", 400],
    ["__proto__", `{"email":"a@example.org","password":"${PASSWORD}","__proto__":{"role":"admin"}}`, 401],
    ["something huge", { email: "a".repeat(9000), password: "x" }, 413],
  ])("refuses %s", async (_, body, status) => {
    const response = await post(logIn, body);
    // JSON.parse makes "__proto__" an own field, so strict schemas see it.
    expect([status, 400]).toContain(response.status);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  it("refuses a page of another site that uses no token", async () => {
    const { email } = await someone();
    const response = await post(logIn, { email, password: PASSWORD }, { origin: "https://evil.example" });
    expect(response.status).toBe(403);
  });

  it("stores no token, only hashes", async () => {
    const { accessToken, refreshToken, id } = await someone();
    await renew(refreshToken);
    const stored = JSON.stringify([
      await db.select().from(tokenFamilies).where(eq(tokenFamilies.userId, id)),
      await db.select().from(auditEvents).where(eq(auditEvents.userId, id)),
    ]);
    for (const token of [accessToken, refreshToken]) {
      for (let at = 30; at + 10 <= token.length; at += 5) expect(stored).not.toContain(token.slice(at, at + 10));
    }
  });

  it("keeps 50 sign-ins of an account, and clears away those that have ended", async () => {
    const { email, id, refreshToken } = await someone();
    await wait(refreshToken, "1 hour");
    const [family] = await db.select().from(tokenFamilies).where(eq(tokenFamilies.userId, id));
    if (!family) throw new Error("no family");
    const rows = Array.from({ length: 49 }, () => ({ ...family, id: randomUUID(), rotatedAt: new Date() }));
    await db.insert(tokenFamilies).values(rows);
    expect((await post(logIn, { email, password: PASSWORD })).status).toBe(200);
    expect(await db.$count(tokenFamilies, eq(tokenFamilies.userId, id))).toBe(50);
    expect(await rowOf(refreshToken)).toBeUndefined();
    await db.update(tokenFamilies).set({ expiresAt: sql`now()` }).where(eq(tokenFamilies.userId, id));
    await post(logIn, { email, password: PASSWORD });
    expect(await db.$count(tokenFamilies, eq(tokenFamilies.userId, id))).toBe(1);
  });
});

describe("an access token", () => {
  it("is good for 60 minutes by the database's clock", async () => {
    const { accessToken } = await someone();
    const end = (await rowOf(accessToken))?.accessExpiresAt.getTime() ?? 0;
    expect((end - Date.now()) / 60_000).toBeCloseTo(60, 0);
    await db.update(tokenFamilies).set({ accessExpiresAt: sql`now() - interval '1 second'` });
    expect(await ask(accessToken)).toBe(401);
  });

  it("is worth nothing as a refresh token, nor the other way round", async () => {
    const { accessToken, refreshToken } = await someone();
    expect(await ask(refreshToken)).toBe(401);
    expect((await renew(accessToken)).status).toBe(401);
    expect(await ask(accessToken)).toBe(200);
  });

  it("decides alone: a good cookie beside a bad token does not help, a bad cookie beside a good one does no harm", async () => {
    const { accessToken, id } = await someone();
    const { cookie } = await signedIn(db);
    const both = (headers: Record<string, string>, sent: string) =>
      me(apiRequest("/api/auth/me", { cookie: sent, headers }));
    expect((await both(bearer("x"), cookie)).status).toBe(401);
    expect((await both({ authorization: "Basic eDp4" }, cookie)).status).toBe(401);
    const answer = await both(bearer(accessToken), cookie);
    expect((await answer.json()).user.id).toBe(id);
    expect((await both(bearer(accessToken), "next-auth.session-token=forged")).status).toBe(200);
  });
});

describe("a refresh token", () => {
  it("buys the next pair; the one before is worth nothing from then on", async () => {
    const first = await someone();
    const next = await renew(first.refreshToken);
    expect(next).toMatchObject({ status: 200, user: { id: first.id }, expiresIn: 3600 });
    expect([await ask(first.accessToken), await ask(next.accessToken)]).toEqual([401, 200]);
    const third = await renew(next.refreshToken);
    expect(new Set([first, next, third].flatMap((one) => [one.accessToken, one.refreshToken])).size).toBe(6);
    expect([await ask(next.accessToken), await ask(third.accessToken)]).toEqual([401, 200]);
  });

  it("that comes again within 10 seconds is told the same pair: the answer may have been lost", async () => {
    const { refreshToken, id } = await someone();
    const told = await renew(refreshToken);
    await wait(refreshToken, "9 seconds");
    const again = await renew(refreshToken);
    expect(again).toEqual({ ...told, expiresIn: expect.any(Number) });
    expect(again.expiresIn).toBeGreaterThan(3500);
    expect(await ask(again.accessToken)).toBe(200);
    expect((await renew(again.refreshToken)).status).toBe(200);
    expect(await audited(db, id)).toEqual(["registered"]);
  });

  it("of many requests at once rotates once, and all are told the same", async () => {
    const { refreshToken } = await someone();
    const answers = await Promise.all(Array.from({ length: 12 }, () => renew(refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(new Set(answers.map((one) => one.refreshToken)).size).toBe(1);
    expect(await ask(answers[0]?.accessToken)).toBe(200);
  });

  it("that comes again later ends its family, whoever holds the newest, and the owner is told once", async () => {
    const { refreshToken, id } = await someone();
    const newest = await renew(refreshToken);
    await wait(refreshToken, "11 seconds");
    expect(await renew(refreshToken)).toMatchObject({ status: 401, code: "unauthenticated" });
    expect([await ask(newest.accessToken), (await renew(newest.refreshToken)).status]).toEqual([401, 401]);
    expect((await renew(refreshToken)).status).toBe(401);
    expect(await audited(db, id)).toEqual(["registered", "token_reused"]);
  });

  it("from before the one before ends the family at once: no lost answer explains it", async () => {
    const { refreshToken, id } = await someone();
    const second = await renew(refreshToken);
    const third = await renew(second.refreshToken);
    expect((await renew(refreshToken)).status).toBe(401);
    expect(await ask(third.accessToken)).toBe(401);
    expect(await audited(db, id)).toEqual(["registered", "token_reused"]);
  });

  it("ends no other family of the account", async () => {
    const { email, refreshToken } = await someone();
    const other = await (await post(logIn, { email, password: PASSWORD })).json();
    await renew(refreshToken);
    await wait(refreshToken, "1 minute");
    await renew(refreshToken);
    expect(await ask(other.accessToken)).toBe(200);
  });

  it("ends after 7 days without use, and after 90 in any case", async () => {
    const DAY = 24 * 60 * 60 * 1000;
    const { refreshToken } = await someone();
    expect((((await rowOf(refreshToken))?.expiresAt.getTime() ?? 0) - Date.now()) / DAY).toBeCloseTo(7, 2);
    const isIt = eq(tokenFamilies.id, familyOf(refreshToken));
    await db.update(tokenFamilies).set({ createdAt: sql`now() - interval '88 days'` }).where(isIt);
    const next = await renew(refreshToken);
    expect((((await rowOf(refreshToken))?.expiresAt.getTime() ?? 0) - Date.now()) / DAY).toBeCloseTo(2, 2);
    await db.update(tokenFamilies).set({ expiresAt: sql`now() - interval '1 second'` }).where(isIt);
    expect((await renew(next.refreshToken)).status).toBe(401);
  });

  it("made under another secret of the site still counts once, but is told no second time", async () => {
    const { refreshToken } = await someone();
    const next = await renew(refreshToken);
    setTestEnv();
    expect((await renew(next.refreshToken)).status).toBe(200);
  });

  it.each(["", "x", "chr_", `chr_${"A".repeat(71)}`, "chr_\u0000", "A".repeat(199)])(
    "that is mistyped (%.8s) asks no database",
    async (refreshToken) => {
      const update = vi.spyOn(db, "update");
      const response = await post(refresh, { refreshToken });
      expect(response.status).toBe(401);
      expect(update).not.toHaveBeenCalled();
    },
  );

  it("of a family that is not there is refused like any other", async () => {
    const { refreshToken } = await someone();
    await db.delete(tokenFamilies).where(eq(tokenFamilies.id, familyOf(refreshToken)));
    expect((await renew(refreshToken)).status).toBe(401);
  });

  it("may be traded 60 times in a quarter of an hour", async () => {
    let { refreshToken } = await someone();
    const statuses = [];
    for (let i = 0; i < 61; i += 1) {
      const answer = await renew(refreshToken);
      statuses.push(answer.status);
      refreshToken = answer.refreshToken ?? refreshToken;
    }
    expect(statuses).toEqual([...Array(60).fill(200), 429]);
  });
});

describe("signing out", () => {
  it("ends both tokens and tells the log; again, it is signed out already", async () => {
    const { accessToken, refreshToken, id } = await someone();
    await db.update(users).set({ createdAt: sql`now() - interval '1 day'` }).where(eq(users.id, id));
    const statuses = [];
    for (let i = 0; i < 2; i += 1) statuses.push((await post(logOut, { refreshToken })).status);
    expect(statuses).toEqual([204, 204]);
    expect([await ask(accessToken), (await renew(refreshToken)).status]).toEqual([401, 401]);
    expect(await audited(db, id)).toEqual(["registered", "signed_out"]);
  });

  it("says nothing of a pair that came with the account and is given back at once, as our own page does", async () => {
    const { accessToken, refreshToken, id } = await someone();
    expect((await post(logOut, { refreshToken })).status).toBe(204);
    expect(await ask(accessToken)).toBe(401);
    expect(await audited(db, id)).toEqual(["registered"]);
  });

  it("works with the token before, as the answer with the newest may be lost, and with no older one", async () => {
    const { refreshToken } = await someone();
    const second = await renew(refreshToken);
    const third = await renew(second.refreshToken);
    await post(logOut, { refreshToken });
    expect(await ask(third.accessToken)).toBe(200);
    await post(logOut, { refreshToken: second.refreshToken });
    expect(await ask(third.accessToken)).toBe(401);
  });

  it("takes what is no token for signed out", async () => {
    expect((await post(logOut, { refreshToken: "x" })).status).toBe(204);
    expect((await post(logOut, {})).status).toBe(400);
  });
});

describe("ends at once, on every instance,", () => {
  const dead = async (pair: Pair) => [await ask(pair.accessToken), (await renew(pair.refreshToken)).status];

  it("when the session version is raised", async () => {
    const person = await someone();
    await db.update(users).set({ sessionVersion: 2 }).where(eq(users.id, person.id));
    expect(await dead(person)).toEqual([401, 401]);
  });

  it("when the password is changed, the asking program's own too", async () => {
    const person = await someone();
    const other = await (await post(logIn, { email: person.email, password: PASSWORD })).json();
    const body = { currentPassword: PASSWORD, newPassword: "another horse battery" };
    const response = await changePassword(
      apiRequest("/api/account/password", { method: "PUT", body, headers: bearer(person.accessToken) }),
    );
    expect([response.status, response.headers.get("set-cookie")]).toEqual([204, null]);
    expect([...(await dead(person)), ...(await dead(other))]).toEqual([401, 401, 401, 401]);
    const again = { email: person.email, password: body.newPassword };
    expect((await post(logIn, again)).status).toBe(200);
  });

  it("when everything is locked", async () => {
    const person = await someone();
    const response = await lock(
      apiRequest("/api/account/lock", { method: "POST", headers: { ...agent, ...bearer(person.accessToken) } }),
    );
    expect(await response.json()).toMatchObject({ sessionsEnded: 0 });
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(await dead(person)).toEqual([401, 401]);
  });

  it("when the account is deleted", async () => {
    const person = await someone();
    await db.delete(users).where(eq(users.id, person.id));
    expect(await dead(person)).toEqual([401, 401]);
  });

  it("when it is ended from the list of sessions, in which it stands as a program", async () => {
    const person = await someone();
    const other = await (await post(logIn, { email: person.email, password: PASSWORD })).json();
    const list = await listSessions(apiRequest("/api/auth/sessions", { headers: bearer(other.accessToken) }));
    const { items } = await list.json();
    expect(items).toMatchObject([
      { id: familyOf(other.accessToken), kind: "program", isCurrent: true, userAgent: "curl/8.5.0" },
      { id: familyOf(person.accessToken), kind: "program", isCurrent: false },
    ]);
    const id = familyOf(person.accessToken);
    const end = apiRequest(`/api/auth/sessions/${id}`, { method: "DELETE", headers: bearer(other.accessToken) });
    expect((await endOne(end, { params: Promise.resolve({ id }) })).status).toBe(204);
    expect(await dead(person)).toEqual([401, 401]);
    expect(await ask(other.accessToken)).toBe(200);
  });

  it("when all others are ended", async () => {
    const person = await someone();
    const other = await (await post(logIn, { email: person.email, password: PASSWORD })).json();
    const response = await endOthers(
      apiRequest("/api/auth/sessions", { method: "DELETE", headers: bearer(other.accessToken) }),
    );
    expect(await response.json()).toEqual({ ended: 1 });
    expect(await dead(person)).toEqual([401, 401]);
    expect(await ask(other.accessToken)).toBe(200);
  });
});

it("names no family of somebody else in the list, and ends none", async () => {
  const [ada, ben] = [await someone(), await someone()];
  const id = familyOf(ben.accessToken);
  const end = apiRequest(`/api/auth/sessions/${id}`, { method: "DELETE", headers: bearer(ada.accessToken) });
  expect((await endOne(end, { params: Promise.resolve({ id }) })).status).toBe(404);
  expect(await ask(ben.accessToken)).toBe(200);
  const mine = and(eq(tokenFamilies.userId, ada.id), eq(tokenFamilies.id, id));
  expect(await db.$count(tokenFamilies, mine)).toBe(0);
});
