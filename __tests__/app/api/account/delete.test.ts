import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, sessionCookie, signedIn } from "@/__tests__/support/requests";
import { audited, dump, expectNoTrace, storeKey } from "@/__tests__/support/stored-keys";
import { PUT } from "@/app/api/account/password/route";
import { DELETE } from "@/app/api/account/route";
import { verifyAccounts } from "@/lib/audit/verify-accounts";
import { hashPassword, verifyPassword } from "@/lib/auth/password";
import { requireUser } from "@/lib/auth/require-user";
import { createSession } from "@/lib/auth/session";
import { runs } from "@/lib/chat/runs";
import { rowsOf } from "@/lib/db/client";
import { conversations, messages, users } from "@/lib/db/schema";

const db = await testDatabase();
const PASSWORD = "correct horse battery";
const remove = (body: unknown, cookie?: string, headers?: Record<string, string>) =>
  DELETE(apiRequest("/api/account", { method: "DELETE", body, cookie, headers }));
const isSignedIn = (cookie: string) => requireUser(apiRequest("/", { cookie })).catch(() => undefined);
const isThere = async (id: string) => (await db.select().from(users).where(eq(users.id, id))).length === 1;
const words = { confirm: "delete my account" };

async function withPassword() {
  const person = await signedIn(db);
  await db
    .update(users)
    .set({ passwordHash: await hashPassword(PASSWORD) })
    .where(eq(users.id, person.id));
  return person;
}

/** Every table with a column of the owner, and how many rows name this one. */
async function rowsNaming(userId: string): Promise<Record<string, number>> {
  const tables = rowsOf<{ name: string }>(
    await db.execute(sql`
      select table_name as name from information_schema.columns
      where table_schema = 'ai' and column_name = 'user_id' order by 1`),
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const rows = await db.execute(sql`select 1 from ai.${sql.identifier(name)} where user_id = ${userId}::uuid`);
    if (rowsOf(rows).length > 0) counts[name] = rowsOf(rows).length;
  }
  return counts;
}

describe("deleting the account", () => {
  it("wipes keys and everything else, keeps the log with its end, and says where to revoke", async () => {
    const person = await withPassword();
    const { apiKey } = await storeKey(person.id);
    const { apiKey: newer } = await storeKey(person.id); // the first one waits to be put back
    const id = randomUUID();
    await db.insert(conversations).values({ id, userId: person.id, title: "secret words" });
    const place = { userId: person.id, conversationId: id, seq: 1, role: "user" as const };
    await db.insert(messages).values({ ...place, parts: [{ type: "text", text: "secret" }], status: "complete" });

    const response = await remove({ password: PASSWORD }, person.cookie);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      deleted: true,
      revokePages: [{ provider: "openrouter", url: expect.stringContaining("/keys/") }],
    });
    expect(response.headers.get("set-cookie")).toMatch(/session-token=; Max-Age=0/);
    expect(await isThere(person.id)).toBe(false);
    expect(Object.keys(await rowsNaming(person.id))).toEqual(["audit_events"]);
    expect((await audited(db, person.id)).slice(-2)).toEqual(["key_removed", "account_deleted"]);
    expect((await verifyAccounts(db, { userId: person.id })).faults).toEqual([]);
    expect(await isSignedIn(person.cookie)).toBeUndefined();
    const left = await dump(db);
    for (const key of [apiKey, newer]) expectNoTrace(left, key);
    expect(left).not.toContain(person.email);
    expect(left).not.toContain("secret words");
  });

  it("stops what is being answered before anything is gone", async () => {
    const person = await withPassword();
    let wasThere: boolean | undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = () =>
      void isThere(person.id).then((there) => {
        wasThere = there;
        resolve();
      });
    const run = { userId: person.id, answerId: randomUUID(), stop, ended: promise };
    runs().set(randomUUID(), run as unknown as Parameters<ReturnType<typeof runs>["set"]>[1]);
    await remove({ password: PASSWORD }, person.cookie);
    runs().clear();
    expect(wasThere).toBe(true);
    expect(await isThere(person.id)).toBe(false);
  });

  it("leaves everybody else as they were", async () => {
    const [person, other] = [await withPassword(), await signedIn(db)];
    await storeKey(other.id);
    const before = await rowsNaming(other.id);
    await remove({ password: PASSWORD }, person.cookie);
    expect(await rowsNaming(other.id)).toEqual(before);
    expect((await isSignedIn(other.cookie))?.id).toBe(other.id);
  });

  it("of an account without a password asks for the words", async () => {
    const person = await signedIn(db);
    expect((await remove({ password: "" }, person.cookie)).status).toBe(401);
    expect((await remove({ confirm: "yes" }, person.cookie)).status).toBe(400);
    expect(await isThere(person.id)).toBe(true);
    expect((await remove(words, person.cookie)).status).toBe(200);
    expect(await isThere(person.id)).toBe(false);
  });

  it.each([
    [401, { password: "another password" }],
    [401, words], // it has a password
    [400, {}],
    [400, { password: PASSWORD, confirm: "delete my account" }],
    [400, { password: PASSWORD, userId: randomUUID() }],
    [400, { password: 7 }],
    [413, { password: "x".repeat(5000) }],
  ])("is refused with %i for %j, and nothing is gone", async (status, body) => {
    const person = await withPassword();
    await storeKey(person.id);
    expect((await remove(body, person.cookie)).status).toBe(status);
    expect(await isThere(person.id)).toBe(true);
    expect(await audited(db, person.id)).toEqual(["openrouter_connected"]);
  });

  it("is refused signed out and from another site", async () => {
    const person = await withPassword();
    expect((await remove({ password: PASSWORD })).status).toBe(401);
    const foreign = await remove({ password: PASSWORD }, person.cookie, { origin: "https://evil.example" });
    expect(foreign.status).toBe(403);
    expect(await isThere(person.id)).toBe(true);
  });

  it("cannot be guessed at: after five wrong passwords the right one is refused too", async () => {
    const person = await withPassword();
    for (let n = 0; n < 5; n++) await remove({ password: `wrong ${n}` }, person.cookie);
    expect((await remove({ password: PASSWORD }, person.cookie)).status).toBe(429);
    expect(await isThere(person.id)).toBe(true);
  });
});

describe("changing the password", () => {
  const change = (body: unknown, cookie?: string) =>
    PUT(apiRequest("/api/account/password", { method: "PUT", body, cookie }));
  const hashOf = async (id: string) => (await db.select().from(users).where(eq(users.id, id)))[0]?.passwordHash;

  it("ends every other session, gives the caller a new one, and is in the log", async () => {
    const person = await withPassword();
    const sid = await createSession({ userId: person.id, address: "198.51.100.1", userAgent: "other" });
    const other = await sessionCookie({ sub: person.id, sid, sv: 1 });
    const response = await change({ currentPassword: PASSWORD, newPassword: "a new and long one" }, person.cookie);
    expect(response.status).toBe(204);
    const fresh = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect((await isSignedIn(fresh))?.id).toBe(person.id);
    for (const cookie of [other, person.cookie]) expect(await isSignedIn(cookie)).toBeUndefined();
    expect(await verifyPassword("a new and long one", await hashOf(person.id))).toBe(true);
    expect(await verifyPassword(PASSWORD, await hashOf(person.id))).toBe(false);
    expect(await audited(db, person.id)).toEqual(["password_changed"]);
  });

  it.each([
    [401, { currentPassword: "wrong password", newPassword: "a new and long one" }],
    [400, { currentPassword: PASSWORD, newPassword: "short" }],
    [400, { newPassword: "a new and long one" }],
    [400, { currentPassword: PASSWORD, newPassword: "a new and long one", id: "1" }],
  ])("is refused with %i for %j", async (status, body) => {
    const person = await withPassword();
    const before = await hashOf(person.id);
    expect((await change(body, person.cookie)).status).toBe(status);
    expect(await hashOf(person.id)).toBe(before);
    expect((await isSignedIn(person.cookie))?.id).toBe(person.id);
  });

  it("is refused signed out, and where there is none", async () => {
    const body = { currentPassword: PASSWORD, newPassword: "a new and long one" };
    expect((await change(body)).status).toBe(401);
    const person = await signedIn(db);
    expect((await change(body, person.cookie)).status).toBe(401);
    expect(await hashOf(person.id)).toBeNull();
  });
});
