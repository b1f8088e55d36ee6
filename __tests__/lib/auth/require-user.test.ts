import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { expect, it, vi } from "vitest";
import { requireUser } from "@/lib/auth/require-user";
import { endSession } from "@/lib/auth/session";
import { sessions, users } from "@/lib/db/schema";
import { testDatabase } from "../../support/database";
import { setTestEnv } from "../../support/env";
import { apiRequest, sessionCookie, signedIn } from "../../support/requests";

const db = await testDatabase();
const ask = (cookie?: string, headers?: Record<string, string>) =>
  requireUser(apiRequest("/api/preferences", { cookie, headers }));
const refused = expect.objectContaining({ code: "unauthenticated" });
const DAY = 24 * 60 * 60 * 1000;

it("names the person a live session belongs to, and nothing secret of them", async () => {
  const { id, email, sessionId, cookie } = await signedIn(db);
  expect(await ask(cookie)).toEqual({ id, email, name: null, role: "user", via: "session", sessionId });
});

it("refuses a request without a cookie", async () => {
  await expect(ask()).rejects.toEqual(refused);
});

it.each(["x", "a.b.c.d.e", "%", "", `${"A".repeat(6000)}`])("refuses a malformed cookie: %.10s", async (value) => {
  await expect(ask(`next-auth.session-token=${value}`)).rejects.toEqual(refused);
});

it("refuses a cookie sealed under another secret", async () => {
  const { id, sessionId } = await signedIn(db);
  await expect(ask(await sessionCookie({ sub: id, sid: sessionId, sv: 1 }, "x".repeat(40)))).rejects.toEqual(refused);
});

it.each([{ sid: undefined }, { sid: "1 or 1=1" }, { sv: "1" }, { sv: null }, { sub: "me" }])(
  "refuses a cookie with claims of the wrong form: %o",
  async (claims) => {
    const { id, sessionId } = await signedIn(db);
    await expect(ask(await sessionCookie({ sub: id, sid: sessionId, sv: 1, ...claims }))).rejects.toEqual(refused);
  },
);

it("takes no bearer header for a session, however well it is sealed", async () => {
  const { cookie } = await signedIn(db);
  const authorization = `Bearer ${cookie.split("=")[1]}`;
  await expect(ask(undefined, { authorization })).rejects.toEqual(refused);
});

it.each(["Bearer %E0%A4%A", "Bearer", "Bearer \u00ff", "Basic x"])("refuses a malformed header %s", async (header) => {
  await expect(ask(undefined, { authorization: header })).rejects.toEqual(refused);
});

it("refuses one person's session with another person's id", async () => {
  const [ada, ben] = [await signedIn(db), await signedIn(db)];
  await expect(ask(await sessionCookie({ sub: ada.id, sid: ben.sessionId, sv: 1 }))).rejects.toEqual(refused);
});

it("lets a cookie die with its session, and only that one", async () => {
  const { id, sessionId, cookie } = await signedIn(db);
  const [other] = await db
    .insert(sessions)
    .values({ userId: id, expiresAt: new Date(Date.now() + DAY) })
    .returning();
  await endSession({ userId: id, sessionId, sessionVersion: 1 });
  await expect(ask(cookie)).rejects.toEqual(refused);
  expect(await ask(await sessionCookie({ sub: id, sid: other?.id, sv: 1 }))).toMatchObject({ id });
});

it("ends no session of somebody else", async () => {
  const { sessionId, cookie } = await signedIn(db);
  await endSession({ userId: randomUUID(), sessionId, sessionVersion: 1 });
  await expect(ask(cookie)).resolves.toBeDefined();
});

it("refuses every cookie of an account whose session version was raised", async () => {
  const { id, cookie } = await signedIn(db);
  await db.update(users).set({ sessionVersion: 2 }).where(eq(users.id, id));
  await expect(ask(cookie)).rejects.toEqual(refused);
});

it("refuses the cookie of an account that is gone", async () => {
  const { id, cookie } = await signedIn(db);
  await db.delete(users).where(eq(users.id, id));
  await expect(ask(cookie)).rejects.toEqual(refused);
});

it("refuses a session that is past its end", async () => {
  const { sessionId, cookie } = await signedIn(db);
  await db.update(sessions).set({ expiresAt: sql`now() - interval '1 second'` }).where(eq(sessions.id, sessionId));
  await expect(ask(cookie)).rejects.toEqual(refused);
});

const findRow = async (sessionId: string) => {
  const [row] = await db.select().from(sessions).where(eq(sessions.id, sessionId));
  if (!row) throw new Error("the session is gone");
  return row;
};
const age = (sessionId: string, seenAgo: string, madeAgo: string) =>
  db
    .update(sessions)
    .set({
      lastSeenAt: sql`now() - ${seenAgo}::interval`,
      createdAt: sql`now() - ${madeAgo}::interval`,
      expiresAt: sql`now() + interval '1 day'`,
    })
    .where(eq(sessions.id, sessionId));

it("moves the end of a session in use to 30 days from now", async () => {
  const { sessionId, cookie } = await signedIn(db);
  await age(sessionId, "2 hours", "10 days");
  await ask(cookie);
  await vi.waitFor(async () => {
    const { expiresAt, lastSeenAt } = await findRow(sessionId);
    expect((expiresAt.getTime() - Date.now()) / DAY).toBeCloseTo(30, 1);
    expect(Date.now() - lastSeenAt.getTime()).toBeLessThan(60_000);
  });
});

it("never moves it past 90 days after the sign-in", async () => {
  const { sessionId, cookie } = await signedIn(db);
  await age(sessionId, "2 hours", "88 days");
  await ask(cookie);
  await vi.waitFor(async () => {
    const { expiresAt, createdAt } = await findRow(sessionId);
    expect((expiresAt.getTime() - createdAt.getTime()) / DAY).toBeCloseTo(90, 3);
  });
});

it("writes nothing for a session that was seen within the hour", async () => {
  const { sessionId, cookie } = await signedIn(db);
  await age(sessionId, "50 minutes", "1 day");
  const before = await findRow(sessionId);
  await ask(cookie);
  await ask(cookie); // the embedded database answers in order, so a write of the first would be done by now
  expect(await findRow(sessionId)).toEqual(before);
});

it("makes operators of ADMIN_EMAILS, and ends that when they are off the list", async () => {
  const { id, email, sessionId } = await signedIn(db);
  setTestEnv({ ADMIN_EMAILS: `someone@example.org, ${email.toUpperCase()}` });
  expect(await ask(await sessionCookie({ sub: id, sid: sessionId, sv: 1 }))).toMatchObject({ role: "admin" });
  setTestEnv();
  expect(await ask(await sessionCookie({ sub: id, sid: sessionId, sv: 1 }))).toMatchObject({ role: "user" });
});

it("reads only the __Host- cookie when the site is https", async () => {
  const { id, sessionId } = await signedIn(db);
  setTestEnv({ NEXT_PUBLIC_APP_URL: "https://chat.example.org" });
  const cookie = await sessionCookie({ sub: id, sid: sessionId, sv: 1 });
  expect(cookie).toMatch(/^__Host-next-auth\.session-token=/);
  await expect(ask(cookie)).resolves.toMatchObject({ id });
  await expect(ask(cookie.replace("__Host-", ""))).rejects.toEqual(refused);
  setTestEnv();
});
