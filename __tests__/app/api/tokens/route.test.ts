import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { audited } from "@/__tests__/support/stored-keys";
import { bearer, personalToken, program } from "@/__tests__/support/tokens";
import { POST as lock } from "@/app/api/account/lock/route";
import { POST as chat } from "@/app/api/chat/route";
import { GET as listModels } from "@/app/api/models/route";
import { DELETE } from "@/app/api/tokens/[id]/route";
import { GET, POST } from "@/app/api/tokens/route";
import { writeGathered } from "@/lib/audit/gather";
import { hashToken, newPersonalToken } from "@/lib/auth/bearer";
import { refuseSpentBudget, requireCaller } from "@/lib/auth/caller";
import { auditEvents, calls, personalTokens, rateLimits, users } from "@/lib/db/schema";

const db = await testDatabase();
afterEach(async () => {
  await db.delete(rateLimits);
});
type Init = Parameters<typeof apiRequest>[1];
const create = async (init: Init, fields: object = {}) => {
  const body = { name: "editor", scopes: ["chat"], ...fields };
  const response = await POST(apiRequest("/api/tokens", { method: "POST", body, ...init }));
  return { status: response.status, ...(await response.json()) };
};
const list = async (init: Init) => (await (await GET(apiRequest("/api/tokens", init))).json()).items;
const revoke = async (id: string, init: Init) =>
  (await DELETE(apiRequest(`/api/tokens/${id}`, { method: "DELETE", ...init }), { params: Promise.resolve({ id }) }))
    .status;
const use = (token: string) => requireCaller(apiRequest("/api/models", { headers: bearer(token) }), "chat");
const refused = expect.objectContaining({ code: "unauthenticated" });

describe("making one", () => {
  it("answers with the token once; the list and the database hold none of it", async () => {
    const { id, cookie } = await signedIn(db);
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const made = await create(
      { cookie },
      { expiresAt, budgetUsd: "2.50", budgetPeriod: "day", scopes: ["read", "chat"] },
    );
    expect(made).toEqual({
      status: 201,
      id: expect.any(String),
      token: expect.stringMatching(/^chl_[0-9A-Za-z]{49}$/),
      name: "editor",
      hint: made.token.slice(-4),
      scopes: ["read", "chat"],
      budgetUsd: "2.50",
      budgetPeriod: "day",
      spentUsd: "0",
      expiresAt,
      lastUsedAt: null,
      createdAt: expect.any(String),
    });
    const { token, status, ...listed } = made;
    expect(await list({ cookie })).toEqual([{ ...listed, spentUsd: "0" }]);
    const stored = JSON.stringify([
      await db.select().from(personalTokens),
      await db.select().from(auditEvents).where(eq(auditEvents.userId, id)),
    ]);
    for (let at = 4; at + 8 <= token.length; at += 1) expect(stored).not.toContain(token.slice(at, at + 8));
    expect(stored).toContain(hashToken(token));
    expect(await audited(db, id)).toEqual(["token_created"]);
  });

  it("asks for nothing but a name and a scope", async () => {
    const { cookie } = await signedIn(db);
    expect(await create({ cookie })).toMatchObject({ expiresAt: null, budgetUsd: null, spentUsd: null });
  });

  it.each([
    ["no scope", { scopes: [] }, "scopes"],
    ["a scope twice", { scopes: ["chat", "chat"] }, "scopes"],
    ["an unknown scope", { scopes: ["admin"] }, "scopes.0"],
    ["a wildcard", { scopes: ["*"] }, "scopes.0"],
    ["a prototype key as scope", { scopes: ["__proto__"] }, "scopes.0"],
    ["scopes in a string", { scopes: "chat" }, "scopes"],
    ["no name", { name: " " }, "name"],
    ["a long name", { name: "a".repeat(61) }, "name"],
    ["a name with a line break", { name: "a\nb" }, "name"],
    ["an end in the past", { expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
    ["an end in another form", { expiresAt: "tomorrow" }, "expiresAt"],
    ["an end beyond all plans", { expiresAt: "9999-01-01T00:00:00Z" }, "expiresAt"],
    ["no money", { budgetUsd: "0" }, "budgetUsd"],
    ["less than none", { budgetUsd: "-1" }, "budgetUsd"],
    ["a budget in another form", { budgetUsd: "1e3" }, "budgetUsd"],
    ["a budget without end", { budgetUsd: "Infinity" }, "budgetUsd"],
    ["a fraction too fine", { budgetUsd: "0.0000001" }, "budgetUsd"],
    ["another period", { budgetPeriod: "month" }, "budgetPeriod"],
    ["a token of one's own", { token: newPersonalToken() }, ""],
    ["somebody else's id", { userId: randomUUID() }, ""],
  ])("refuses %s", async (_, fields, path) => {
    const { cookie } = await signedIn(db);
    const answer = await create({ cookie }, fields);
    expect([answer.status, answer.code]).toEqual([400, "invalid_request"]);
    expect(answer.issues.map((issue: { path: string }) => issue.path)).toContain(path);
    expect(await list({ cookie })).toEqual([]);
  });

  it("works for a program that is signed in, and for no token itself", async () => {
    const { id } = await signedIn(db);
    expect((await create({ headers: (await program(db, id)).headers })).status).toBe(201);
    const { headers, id: own } = await personalToken(db, id);
    expect((await create({ headers })).status).toBe(403);
    expect((await GET(apiRequest("/api/tokens", { headers }))).status).toBe(403);
    expect(await revoke(own, { headers })).toBe(403);
  });

  it("stops at 50, however many ask at once", async () => {
    const { id, cookie } = await signedIn(db);
    for (let i = 0; i < 48; i += 1) await personalToken(db, id);
    const answers = await Promise.all(Array.from({ length: 6 }, () => create({ cookie })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
  });

  it("may be asked for 30 times an hour", async () => {
    const { id, cookie } = await signedIn(db);
    for (let i = 0; i < 30; i += 1) {
      const { id: made } = await create({ cookie });
      await db.delete(personalTokens).where(and(eq(personalTokens.userId, id), eq(personalTokens.id, made)));
    }
    expect((await create({ cookie })).code).toBe("rate_limited");
  });
});

describe("using one", () => {
  it("names its person, what it may and what is left, in one query", async () => {
    const { id, email } = await signedIn(db);
    const { token, id: tokenId } = await personalToken(db, id, { scopes: ["chat"], lastUsedAt: new Date() });
    await use(token);
    const execute = vi.spyOn(db, "execute");
    const select = vi.spyOn(db, "select");
    expect(await use(token)).toEqual({
      ...{ id, email, name: null, role: "user", via: "personal", tokenId, tokenName: "test" },
      scopes: ["chat"],
      budget: null,
    });
    expect([execute.mock.calls.length, select.mock.calls.length]).toEqual([0, 0]); // the prepared one only
  });

  it("that is mistyped asks no database", async () => {
    const { id } = await signedIn(db);
    const { token } = await personalToken(db, id);
    await db.delete(users).where(eq(users.id, id));
    const connection = (globalThis as { __chatelaineDb?: unknown }).__chatelaineDb;
    (globalThis as { __chatelaineDb?: unknown }).__chatelaineDb = Promise.reject(new Error("asked"));
    (globalThis as { __chatelaineDb?: Promise<unknown> }).__chatelaineDb?.catch(() => {});
    const mistyped = token.slice(0, -1) + (token.endsWith("a") ? "b" : "a");
    await expect(use(mistyped)).rejects.toEqual(refused);
    await expect(use(token)).rejects.toThrow("asked");
    (globalThis as { __chatelaineDb?: unknown }).__chatelaineDb = connection;
  });

  it("is noted at most once a minute, beside the request", async () => {
    const { id } = await signedIn(db);
    const { token, id: tokenId } = await personalToken(db, id);
    const lastUse = async () =>
      (await db.select().from(personalTokens).where(eq(personalTokens.id, tokenId)))[0]?.lastUsedAt?.getTime();
    await use(token);
    await vi.waitFor(async () => expect(await lastUse()).toBeDefined());
    const first = await lastUse();
    await use(token);
    await use(token);
    expect(await lastUse()).toBe(first);
    await db
      .update(personalTokens)
      .set({ lastUsedAt: sql`now() - interval '61 seconds'` })
      .where(eq(personalTokens.id, tokenId));
    await use(token);
    await vi.waitFor(async () => expect(Date.now() - ((await lastUse()) ?? 0)).toBeLessThan(30_000));
  });

  it("is told in the log, many uses as one event with the name", async () => {
    const { id } = await signedIn(db);
    const { token } = await personalToken(db, id, { name: "editor" });
    for (let i = 0; i < 5; i += 1) await use(token);
    await writeGathered(id);
    const [event, ...more] = await db.select().from(auditEvents).where(eq(auditEvents.userId, id));
    expect(event).toMatchObject({ action: "token_used", detail: { name: "editor", count: 5 } });
    expect(more).toEqual([]);
  });

  it("is worth nothing after its end, by the database's clock", async () => {
    const { id } = await signedIn(db);
    const { token, id: tokenId } = await personalToken(db, id, { expiresAt: new Date(Date.now() + 60_000) });
    await expect(use(token)).resolves.toBeDefined();
    await db.update(personalTokens).set({ expiresAt: sql`now()` }).where(eq(personalTokens.id, tokenId));
    await expect(use(token)).rejects.toEqual(refused);
  });
});

describe("a budget", () => {
  const spend = (userId: string, tokenId: string, costUsd: string, createdAt = new Date()) =>
    db.insert(calls).values({
      ...{ userId, tokenId, costUsd, createdAt, kind: "completion", status: "complete", model: "x" },
      ...{ keySource: "user", keyProvider: "openrouter" },
    });
  const ask = async (token: string) => refuseSpentBudget(await use(token));
  const spent = expect.objectContaining({ code: "budget_reached" });

  it("in all is spent for good once it is reached, to the last digit", async () => {
    const { id } = await signedIn(db);
    const { token, id: tokenId } = await personalToken(db, id, { budgetUsd: "0.30" });
    await spend(id, tokenId, "0.1", new Date("2026-01-01"));
    await spend(id, tokenId, "0.199999");
    await expect(ask(token)).resolves.toBeUndefined();
    await spend(id, tokenId, "0.000001");
    await expect(ask(token)).rejects.toEqual(spent);
    expect((await list({ headers: (await program(db, id)).headers }))[0].spentUsd).toBe("0.300000");
  });

  it("of a day counts from midnight UTC", async () => {
    const { id } = await signedIn(db);
    const { token, id: tokenId } = await personalToken(db, id, { budgetUsd: "1", budgetPeriod: "day" });
    const midnight = new Date().setUTCHours(0, 0, 0, 0);
    await spend(id, tokenId, "5", new Date(midnight - 1));
    await expect(ask(token)).resolves.toBeUndefined();
    await spend(id, tokenId, "1", new Date(midnight));
    await expect(ask(token)).rejects.toEqual(spent);
  });

  it("is its own: what other tokens spent does not count", async () => {
    const { id } = await signedIn(db);
    const [one, other] = [await personalToken(db, id, { budgetUsd: "1" }), await personalToken(db, id)];
    await spend(id, other.id, "9");
    await expect(ask(one.token)).resolves.toBeUndefined();
    await spend(id, one.id, "1");
    await expect(ask(other.token)).resolves.toBeUndefined();
  });

  it("cannot be stepped around by the chat, which does not count by token", async () => {
    const { id } = await signedIn(db);
    const { headers } = await personalToken(db, id, { budgetUsd: "1" });
    const response = await chat(apiRequest("/api/chat", { method: "POST", body: {}, headers }));
    expect([response.status, (await response.json()).detail]).toEqual([403, expect.stringContaining("budget")]);
  });
});

describe("revoking", () => {
  it("ends it from the next request on; again, and somebody else's, is not there", async () => {
    const [ada, eve] = [await signedIn(db), await signedIn(db)];
    const { token, id } = await personalToken(db, ada.id);
    const response = () => listModels(apiRequest("/api/models", { headers: bearer(token) }));
    expect((await response()).status).toBe(200);
    expect(await revoke(id, { cookie: eve.cookie })).toBe(404);
    expect((await response()).status).toBe(200);
    expect(await revoke(id, { cookie: ada.cookie })).toBe(204);
    expect((await response()).status).toBe(401);
    expect(await revoke(id, { cookie: ada.cookie })).toBe(404);
    expect(await revoke("x", { cookie: ada.cookie })).toBe(404);
    expect(await list({ cookie: ada.cookie })).toEqual([]);
    await writeGathered(ada.id);
    expect((await audited(db, ada.id)).sort()).toEqual(["token_revoked", "token_used"]);
  });

  it("is part of locking everything", async () => {
    const { id, cookie } = await signedIn(db);
    const { token } = await personalToken(db, id);
    const response = await lock(apiRequest("/api/account/lock", { method: "POST", cookie }));
    expect(await response.json()).toMatchObject({ tokensRevoked: 1 });
    await expect(use(token)).rejects.toEqual(refused);
  });

  it("comes with the deletion of the account", async () => {
    const { id } = await signedIn(db);
    const { token } = await personalToken(db, id);
    await db.delete(users).where(eq(users.id, id));
    await expect(use(token)).rejects.toEqual(refused);
  });
});
