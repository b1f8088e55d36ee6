import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { NextRequest } from "next/server";
import { afterEach, describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { makeUser } from "@/__tests__/support/people";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { bearer, personalToken, program } from "@/__tests__/support/tokens";
import { newPair, newPersonalToken } from "@/lib/auth/bearer";
import { SCOPES, type Scope } from "@/lib/auth/scopes";
import { attachments, conversations, messages, personalTokens, rateLimits, sessions, users } from "@/lib/db/schema";

const db = await testDatabase();
afterEach(async () => {
  await db.delete(rateLimits);
});

type Handler = (request: NextRequest, context: { params: Promise<Record<string, string>> }) => Promise<Response>;
const modules = import.meta.glob<Record<string, Handler>>("/app/api/**/route.ts", { eager: true });
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** What a route is for: everybody, a browser that is signed in, a person, or also a token with one of these scopes. */
type Access = "everyone" | "browser" | "person" | Scope | Scope[];

/** Every route and method there is. A new one without a line here fails. */
const access: Record<string, Access> = {
  "GET /api/account/export": "account",
  "POST /api/account/import": "account",
  "POST /api/account/lock": "person",
  "PUT /api/account/password": "person",
  "PATCH /api/account": "account",
  "DELETE /api/account": "person",
  "POST /api/attachments": "chat",
  "GET /api/attachments/[id]": "read",
  "DELETE /api/attachments/[id]": "chat",
  "GET /api/audit-events": "account",
  "GET /api/auth/[...nextauth]": "everyone",
  "POST /api/auth/[...nextauth]": "everyone",
  "POST /api/auth/login": "everyone",
  "POST /api/auth/logout": "everyone",
  "GET /api/auth/me": ["read", "account"],
  "GET /api/auth/openrouter": "everyone",
  "POST /api/auth/refresh": "everyone",
  "POST /api/auth/register": "everyone",
  "GET /api/auth/sessions": "person",
  "DELETE /api/auth/sessions": "person",
  "DELETE /api/auth/sessions/[id]": "person",
  "POST /api/chat": "chat",
  "POST /api/chat/temporary": "chat",
  "GET /api/chat/[id]/stream": ["chat", "read"],
  "POST /api/chat/[id]/stop": "chat",
  "GET /api/conversations": "read",
  "POST /api/conversations": "chat",
  "GET /api/conversations/[id]": "read",
  "PATCH /api/conversations/[id]": "chat",
  "DELETE /api/conversations/[id]": "chat",
  "GET /api/conversations/[id]/export": "read",
  "POST /api/conversations/[id]/fork": "chat",
  "POST /api/conversations/[id]/select": "chat",
  "DELETE /api/conversations/[id]/messages/[messageId]": "chat",
  "GET /api/health": "everyone",
  "GET /api/health/ready": "everyone",
  "GET /api/models": ["chat", "read"],
  "PUT /api/models/preferences": "account",
  "GET /api/openapi.json": "everyone",
  "GET /api/openrouter/callback": "everyone",
  "GET /api/openrouter/connect": "browser",
  "DELETE /api/openrouter/disconnect": "keys:write",
  "POST /api/openrouter/revoke": "keys:write",
  "GET /api/openrouter/status": "keys:read",
  "GET /api/preferences": "read",
  "PUT /api/preferences": "account",
  "GET /api/provider-configs": "keys:read",
  "POST /api/provider-configs": "keys:write",
  "PUT /api/provider-configs": "keys:write",
  "DELETE /api/provider-configs/[provider]": "keys:write",
  "POST /api/provider-configs/[provider]/check": "keys:write",
  "POST /api/provider-configs/[provider]/undo": "keys:write",
  "GET /api/provider-configs/[provider]/usage": "keys:read",
  "POST /api/test-api-key": "keys:write",
  "GET /api/tokens": "person",
  "POST /api/tokens": "person",
  "DELETE /api/tokens/[id]": "person",
  "POST /api/v1/chat/completions": "chat",
  "POST /api/v1/embeddings": "chat",
  "GET /api/v1/key": ["chat", "read"],
  "GET /api/v1/models": ["chat", "read"],
};

type Init = {
  cookie?: string;
  headers?: Record<string, string>;
  ids?: Record<string, string>;
  body?: unknown;
  query?: string;
};

const routes = Object.entries(modules).flatMap(([file, module]) =>
  METHODS.filter((method) => module[method]).map((method) => {
    const path = file.replace(/^\/app|\/route\.ts$/g, "");
    const name = `${method} ${path}`;
    const call = ({ ids = {}, query = "", body = method === "GET" ? undefined : {}, ...init }: Init) => {
      const params = { id: randomUUID(), messageId: randomUUID(), provider: "openai", ...ids };
      const filled = path.replace(/\[(\w+)\]/g, (_, key: string) => params[key as "id"]);
      const request = apiRequest(filled + query, { method, body, ...init });
      return (module[method] as Handler)(request, { params: Promise.resolve(params) });
    };
    return { name, path, method, call, access: access[name] as Access, wanted: [access[name]].flat() as string[] };
  }),
);
const guarded = routes.filter((one) => one.access !== "everyone");
/** Whether the caller was let in, whatever became of the request then. */
const isLetIn = async (response: Response) => {
  const text = await response.text();
  return response.status !== 401 && !/may not do th|browser that is signed in/.test(text);
};

it("knows what every route asks of its caller", () => {
  expect(routes.map(({ name }) => name).sort()).toEqual(Object.keys(access).sort());
});

describe("with the right caller", () => {
  it.each(guarded)("$name lets a browser in, and a signed-in program where no browser is needed", async (one) => {
    const [ada, ben] = [await signedIn(db), await signedIn(db)];
    expect(await isLetIn(await one.call({ cookie: ada.cookie }))).toBe(true);
    const { headers } = await program(db, ben.id);
    expect(await isLetIn(await one.call({ headers }))).toBe(one.access !== "browser");
  });
});

describe("scope by scope", () => {
  it.each(guarded)("$name lets in exactly the personal tokens that have what it asks for", async (one) => {
    const { id } = await makeUser(db);
    for (const scope of SCOPES) {
      const { headers } = await personalToken(db, id, { scopes: [scope] });
      expect(await isLetIn(await one.call({ headers })), scope).toBe(one.wanted.includes(scope));
    }
    const others = SCOPES.filter((scope) => !one.wanted.includes(scope));
    const { headers } = await personalToken(db, id, { scopes: others });
    const response = await one.call({ headers });
    expect(response.status).toBe(403);
    expect(await isLetIn(response)).toBe(false);
    expect(await isLetIn(await one.call({ headers: (await personalToken(db, id)).headers }))).toBe(
      !["person", "browser"].includes(one.wanted[0] ?? ""),
    );
  });
});

describe("never", () => {
  it.each(guarded)("$name lets in a token that does not count, in any form or place", async (one) => {
    const { id, cookie, sessionId } = await signedIn(db);
    const good = await personalToken(db, id);
    const gone = await makeUser(db);
    const ofGone = [(await personalToken(db, gone.id)).token, (await program(db, gone.id)).accessToken];
    await db.delete(users).where(eq(users.id, gone.id));
    const raised = await makeUser(db);
    const ofRaised = await program(db, raised.id);
    await db.update(users).set({ sessionVersion: 2 }).where(eq(users.id, raised.id));
    const tokens = [
      ...ofGone,
      ofRaised.accessToken,
      newPersonalToken(),
      newPair(randomUUID()).accessToken,
      (await program(db, id)).refreshToken,
      (await personalToken(db, id, { revokedAt: new Date() })).token,
      (await personalToken(db, id, { expiresAt: new Date(Date.now() - 1000) })).token,
      `${good.token.slice(0, -1)}${good.token.endsWith("x") ? "y" : "x"}`,
    ];
    const { token } = good;
    const inits: Init[] = [
      ...tokens.map((text) => ({ headers: bearer(text) })),
      ...tokens.slice(0, 2).map((text) => ({ headers: { authorization: `Bearer ${text}` }, cookie })), // a good cookie does not help
      ...[`Basic ${token}`, `Token ${token}`, token, `Bearer ${token}, Bearer ${token}`, "Bearer", ""].map((text) => ({
        headers: { authorization: text || " ", origin: "" },
      })),
      ...["x-api-key", "api-key", "x-auth-token", "proxy-authorization", "x-goog-api-key"].map((name) => ({
        headers: { [name]: token, origin: "" },
      })),
      ...["access_token", "token", "api_key", "key"].map((name) => ({ query: `?${name}=${token}` })),
      { query: `?x=${token}`, cookie }, // nor does it where a token stands in the address
      { query: `?access_token=x`, headers: good.headers },
      { cookie: `token=${token}; authorization=${token}` },
      ...(one.method === "GET" ? [] : [{ body: { token, accessToken: token } }]),
    ];
    for (const init of inits) expect((await one.call(init)).status, JSON.stringify(init)).toBe(401);
    expect(await db.$count(sessions, eq(sessions.id, sessionId))).toBe(1);
  });
});

describe("other people's things", async () => {
  const text = [{ type: "text" as const, text: "a secret of Ada's" }];
  async function belongings() {
    const ada = await signedIn(db);
    const [conversation] = await db.insert(conversations).values({ userId: ada.id, title: "Ada's" }).returning();
    const place = { userId: ada.id, conversationId: conversation?.id ?? "", parts: text, status: "complete" as const };
    const [message] = await db
      .insert(messages)
      .values({ ...place, seq: 1, role: "user" })
      .returning();
    const file = { name: "a.txt", mediaType: "text/plain", size: 1, bytes: Buffer.from("x") };
    const [attachment] = await db
      .insert(attachments)
      .values({ userId: ada.id, ...file })
      .returning();
    const token = await personalToken(db, ada.id);
    const rest = await program(db, ada.id);
    if (!conversation || !message || !attachment) throw new Error("nothing was stored");
    const held = async () =>
      JSON.stringify([
        await db.select().from(conversations).where(eq(conversations.userId, ada.id)),
        await db.select().from(messages).where(eq(messages.userId, ada.id)),
        await db.select().from(attachments).where(eq(attachments.userId, ada.id)),
        await db.select().from(sessions).where(eq(sessions.userId, ada.id)),
        await db.select().from(personalTokens).where(eq(personalTokens.userId, ada.id)),
      ]);
    return { ada, conversation, message, attachment, token, rest, held };
  }
  const theirs = await belongings();
  const ids: [RegExp, string][] = [
    [/conversations|chat\//, theirs.conversation.id],
    [/attachments/, theirs.attachment.id],
    [/sessions/, theirs.ada.sessionId],
    [/tokens/, theirs.token.id],
  ];
  /** A body that leads as far as the look-up. */
  const bodyOf: Record<string, (messageId: string) => unknown> = {
    "PATCH /api/conversations/[id]": () => ({ title: "Eve's" }),
    "POST /api/conversations/[id]/fork": (messageId) => ({ messageId }),
    "POST /api/conversations/[id]/select": (messageId) => ({ messageId }),
  };
  const withIds = guarded.filter(({ path }) => path.includes("[id]"));

  it("is asked of every route with an id", () => {
    for (const { path } of withIds)
      expect(
        ids.some(([pattern]) => pattern.test(path)),
        path,
      ).toBe(true);
    expect(withIds.length).toBeGreaterThanOrEqual(12);
  });

  it.each(withIds)("$name neither tells, gives nor changes them: as if they were not there", async (one) => {
    const eve = await signedIn(db);
    const admin = await signedIn(db);
    await db.update(users).set({ role: "admin" }).where(eq(users.id, admin.id));
    const callers: Init[] = [{ cookie: eve.cookie }, { cookie: admin.cookie }];
    if (one.access !== "browser") callers.push({ headers: (await program(db, eve.id)).headers });
    if (one.access !== "person") callers.push({ headers: (await personalToken(db, eve.id)).headers });
    const foreign = ids.find(([pattern]) => pattern.test(one.path))?.[1] ?? "";
    const before = await theirs.held();
    for (const caller of callers) {
      const ask = async (id: string, messageId: string) => {
        const response = await one.call({ ...caller, ids: { id, messageId }, body: bodyOf[one.name]?.(messageId) });
        const body = await response.text();
        return [response.status, body.replace(/"requestId":"[^"]+"/, ""), response.headers.get("content-type")];
      };
      const [found, missing] = [await ask(foreign, theirs.message.id), await ask(randomUUID(), randomUUID())];
      expect(found).toEqual(missing);
      if (one.name !== "POST /api/chat/[id]/stop") expect(found[0]).toBe(404);
      expect(found[1]).not.toContain("secret");
    }
    expect(await theirs.held()).toBe(before);
  });

  it.each(guarded.filter(({ method }) => method !== "GET"))("$name takes no owner from the body", async (one) => {
    const eve = await signedIn(db);
    const before = await theirs.held();
    for (const name of ["userId", "user_id", "owner", "id", "role", "sessionVersion"]) {
      const response = await one.call({ cookie: eve.cookie, body: { [name]: theirs.ada.id } });
      expect(response.status, name).not.toBe(500);
      if (response.status === 401) return; // the route has ended Eve's session, and nobody else's
    }
    expect(await theirs.held()).toBe(before);
  });

  it("lists name nothing of them", async () => {
    const eve = await signedIn(db);
    const lists = guarded.filter(({ method, path }) => method === "GET" && !path.includes("["));
    for (const one of lists) {
      for (const query of ["", `?userId=${theirs.ada.id}`, `?q=secret`]) {
        const seen = await (await one.call({ cookie: eve.cookie, query })).text();
        for (const [, id] of ids) expect(seen, one.name).not.toContain(id);
        expect(seen, one.name).not.toContain(theirs.ada.email);
      }
    }
  });
});
