import { createHash, randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { CookieJar } from "@/__tests__/support/cookie-jar";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, sessionCookie, signedIn } from "@/__tests__/support/requests";
import { audited, dump, expectNoTrace, rawKey, storeKey, tamper } from "@/__tests__/support/stored-keys";
import { POST } from "@/app/api/account/lock/route";
import { requireBrowser } from "@/lib/auth/require-user";
import { createSession } from "@/lib/auth/session";
import { runs } from "@/lib/chat/runs";
import { conversations, messages, sessions, users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { providerPages } from "@/lib/providers/provider-pages";

const db = await testDatabase();
const lock = (cookie?: string, headers?: Record<string, string>) =>
  POST(apiRequest("/api/account/lock", { method: "POST", cookie, headers }));
const isSignedIn = (cookie: string) => requireBrowser(apiRequest("/", { cookie })).catch(() => undefined);

/** Somebody with keys, browsers and a running answer. */
async function person({ browsers = 2 } = {}) {
  const user = await signedIn(db);
  const others: string[] = [];
  for (let at = 0; at < browsers; at++) {
    const sid = await createSession({ userId: user.id, address: "198.51.100.1", userAgent: "other" });
    others.push(await sessionCookie({ sub: user.id, sid, sv: 1 }));
  }
  return { ...user, others };
}

async function streaming(userId: string): Promise<string> {
  const [conversation] = await db.insert(conversations).values({ id: randomUUID(), userId }).returning();
  const [message] = await db
    .insert(messages)
    .values({
      conversationId: conversation?.id ?? "",
      userId,
      seq: 1,
      role: "assistant",
      parts: [],
      status: "streaming",
    })
    .returning();
  return message?.id ?? "";
}
const stopAsked = async (id: string) =>
  (await db.select().from(messages).where(eq(messages.id, id)))[0]?.stopRequestedAt ?? null;

it("wipes all keys, ends every other session and asks every answer to stop, and says where to revoke", async () => {
  const victim = await person();
  const { apiKey } = await storeKey(victim.id);
  await storeKey(victim.id, { provider: "anthropic", apiKey: `sk-ant-${"a".repeat(40)}` });
  const answer = await streaming(victim.id);

  const response = await lock(victim.cookie);
  expect(response.status).toBe(200);
  const hash = createHash("sha256").update(apiKey).digest("hex");
  expect(await response.json()).toEqual({
    deactivated: ["anthropic", "openrouter"],
    revokePages: [
      { provider: "anthropic", url: providerPages.anthropic.revoke },
      { provider: "openrouter", url: `${env().OPENROUTER_URL}/keys/${hash}` },
    ],
    sessionsEnded: 2,
    tokensRevoked: 0,
    answersStopped: 1,
  });
  for (const provider of ["openrouter", "anthropic"] as const)
    expect(await rawKey(db, victim.id, provider)).toMatchObject({
      state: "inactive",
      encryptedKey: null,
      keyHash: null,
    });
  for (const cookie of [victim.cookie, ...victim.others]) expect(await isSignedIn(cookie)).toBeUndefined();
  expect(await stopAsked(answer)).not.toBeNull();
  expect((await audited(db, victim.id)).slice(-3)).toEqual(["key_removed", "key_removed", "account_locked"]);
  const left = await dump(db);
  expectNoTrace(left, apiKey);
  expect(left).not.toContain(hash);
});

it("keeps the caller signed in under a new cookie; a copy of the old one is worth nothing", async () => {
  const { cookie, id, sessionId } = await person();
  const jar = new CookieJar();
  jar.take((await lock(cookie)).headers.getSetCookie());
  const user = await isSignedIn(jar.header());
  expect(user?.id).toBe(id);
  expect(user?.sessionId).not.toBe(sessionId);
  expect(await isSignedIn(cookie)).toBeUndefined();
  const [account] = await db.select().from(users).where(eq(users.id, id));
  expect(account?.sessionVersion).toBe(2);
  expect(await isSignedIn(await sessionCookie({ sub: id, sid: user?.sessionId, sv: 1 }))).toBeUndefined();
});

it("stops what this process writes before it answers, and nobody else's", async () => {
  const [victim, other] = [await person({ browsers: 0 }), await person({ browsers: 0 })];
  const stopped: string[] = [];
  for (const { id } of [victim, other]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = () => resolve(void stopped.push(id));
    const read = () => new ReadableStream<Uint8Array>();
    runs().set(randomUUID(), {
      userId: id,
      answerId: randomUUID(),
      stop,
      interrupt: stop,
      readers: () => 0,
      read,
      ended: promise,
    });
  }
  const theirs = await streaming(other.id);
  await lock(victim.cookie);
  expect(stopped).toEqual([victim.id]);
  expect(await stopAsked(theirs)).toBeNull();
  expect((await isSignedIn(other.cookie))?.id).toBe(other.id);
  runs().clear();
});

it("does nothing more the second time, and still says where to revoke", async () => {
  const { id, cookie } = await person();
  await storeKey(id);
  const jar = new CookieJar();
  jar.take((await lock(cookie)).headers.getSetCookie());
  expect(await (await lock(jar.header())).json()).toEqual({
    deactivated: [],
    revokePages: [{ provider: "openrouter", url: `${env().OPENROUTER_URL}/settings/keys` }],
    sessionsEnded: 0,
    tokensRevoked: 0,
    answersStopped: 0,
  });
});

it("without any key or other browser it has nothing to list", async () => {
  const { cookie } = await person({ browsers: 0 });
  const nothing = { deactivated: [], revokePages: [], sessionsEnded: 0, tokensRevoked: 0, answersStopped: 0 };
  expect(await (await lock(cookie)).json()).toEqual(nothing);
});

it("locks a key that does not open, too", async () => {
  const { id, cookie } = await person();
  await storeKey(id);
  const row = await rawKey(db, id);
  await tamper(db, id, { encryptedKey: `${row?.encryptedKey?.slice(0, -6)}AAAA==` });
  const answer = await (await lock(cookie)).json();
  expect(answer.deactivated).toEqual(["openrouter"]);
  expect(answer.revokePages[0].url).toBe(`${env().OPENROUTER_URL}/settings/keys`);
});

it("five at once leave one living session at most and no key", async () => {
  const { id, cookie } = await person();
  await storeKey(id);
  const answers = await Promise.all(Array.from({ length: 5 }, () => lock(cookie)));
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1);
  expect(await db.select().from(sessions).where(eq(sessions.userId, id))).toHaveLength(1);
  expect(await rawKey(db, id)).toMatchObject({ encryptedKey: null });
  expect((await audited(db, id)).filter((action) => action === "key_removed")).toHaveLength(1);
});

describe("changes nothing", () => {
  it("signed out", async () => {
    expect((await lock()).status).toBe(401);
  });

  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "" },
    { "sec-fetch-site": "cross-site" },
  ];
  it.each(foreign)("for a request of another site (%j)", async (headers) => {
    const { id, cookie } = await person();
    await storeKey(id);
    expect((await lock(cookie, headers)).status).toBe(403);
    expect(await rawKey(db, id)).toMatchObject({ state: "active" });
    expect((await isSignedIn(cookie))?.id).toBe(id);
  });
});
