import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, sessionCookie, signedIn } from "@/__tests__/support/requests";
import { audited } from "@/__tests__/support/stored-keys";
import { DELETE as endOne } from "@/app/api/auth/sessions/[id]/route";
import { DELETE as endOthers, GET } from "@/app/api/auth/sessions/route";
import { requireUser } from "@/lib/auth/require-user";
import { createSession } from "@/lib/auth/session";
import { sessions } from "@/lib/db/schema";

const db = await testDatabase();
const path = "/api/auth/sessions";
const list = async (cookie: string) => (await (await GET(apiRequest(path, { cookie }))).json()).items;
const end = (id: string, cookie?: string, headers?: Record<string, string>) =>
  endOne(apiRequest(`${path}/${id}`, { method: "DELETE", cookie, headers }), { params: Promise.resolve({ id }) });
const isAlive = async (cookie: string) =>
  await requireUser(apiRequest("/", { cookie })).then(
    () => true,
    () => false,
  );

async function alsoAt(userId: string, userAgent: string) {
  const sid = await createSession({ userId, address: "198.51.100.1", userAgent });
  return { sid, cookie: await sessionCookie({ sub: userId, sid, sv: 1 }) };
}

it("lists the browsers that are signed in, the asking one first, and nothing of others or of ended ones", async () => {
  const [ada, ben] = [await signedIn(db), await signedIn(db)];
  const phone = await alsoAt(ada.id, "phone");
  const gone = await alsoAt(ada.id, "gone");
  await db.update(sessions).set({ expiresAt: sql`now() - interval '1 second'` }).where(eq(sessions.id, gone.sid));
  await alsoAt(ben.id, "ben's");
  const items = await list(ada.cookie);
  expect(items.map(({ id, isCurrent, userAgent }: Record<string, unknown>) => [id, isCurrent, userAgent])).toEqual([
    [ada.sessionId, true, "test"],
    [phone.sid, false, "phone"],
  ]);
  expect(Object.keys(items[0]).sort()).toEqual([
    "address",
    "createdAt",
    "id",
    "isCurrent",
    "kind",
    "lastSeenAt",
    "userAgent",
  ]);
});

it("ends one other browser, from its next request on, with one event", async () => {
  const ada = await signedIn(db);
  const [phone, tablet] = [await alsoAt(ada.id, "phone"), await alsoAt(ada.id, "tablet")];
  expect((await end(phone.sid, ada.cookie)).status).toBe(204);
  expect([await isAlive(phone.cookie), await isAlive(tablet.cookie), await isAlive(ada.cookie)]).toEqual([
    false,
    true,
    true,
  ]);
  expect((await end(phone.sid, ada.cookie)).status).toBe(404);
  expect(await audited(db, ada.id)).toEqual(["signed_out"]);
});

it("ends all others at once, with one event, and none when there are none", async () => {
  const ada = await signedIn(db);
  const others = [await alsoAt(ada.id, "phone"), await alsoAt(ada.id, "tablet")];
  const endAll = async () => (await endOthers(apiRequest(path, { method: "DELETE", cookie: ada.cookie }))).json();
  expect(await endAll()).toEqual({ ended: 2 });
  expect(await endAll()).toEqual({ ended: 0 });
  for (const { cookie } of others) expect(await isAlive(cookie)).toBe(false);
  expect(await isAlive(ada.cookie)).toBe(true);
  expect(await audited(db, ada.id)).toEqual(["signed_out"]);
});

describe("ends nothing", () => {
  it("of somebody else: the same answer as for what is not there", async () => {
    const [ada, ben] = [await signedIn(db), await signedIn(db)];
    const [theirs, nobodys] = [await end(ben.sessionId, ada.cookie), await end(randomUUID(), ada.cookie)];
    expect([theirs.status, nobodys.status]).toEqual([404, 404]);
    expect((await theirs.json()).detail).toBe((await nobodys.json()).detail);
    expect(await isAlive(ben.cookie)).toBe(true);
    expect((await end("not-an-id", ada.cookie)).status).toBe(404);
  });

  it("of the browser that asks: that is signing out", async () => {
    const ada = await signedIn(db);
    expect((await end(ada.sessionId, ada.cookie)).status).toBe(409);
    expect(await isAlive(ada.cookie)).toBe(true);
  });

  it("signed out, or for a page of another site", async () => {
    const ada = await signedIn(db);
    const phone = await alsoAt(ada.id, "phone");
    expect((await end(phone.sid)).status).toBe(401);
    expect((await GET(apiRequest(path))).status).toBe(401);
    expect((await endOthers(apiRequest(path, { method: "DELETE" }))).status).toBe(401);
    const evil = { origin: "https://evil.example" };
    expect((await end(phone.sid, ada.cookie, evil)).status).toBe(403);
    const all = apiRequest(path, { method: "DELETE", cookie: ada.cookie, headers: evil });
    expect((await endOthers(all)).status).toBe(403);
    expect(await isAlive(phone.cookie)).toBe(true);
  });
});
