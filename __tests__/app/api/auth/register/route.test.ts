import { eq } from "drizzle-orm";
import { afterEach, expect, it } from "vitest";
import { POST } from "@/app/api/auth/register/route";
import { rateLimits, users } from "@/lib/db/schema";
import { policies } from "@/lib/rate-limit/policies";
import { testDatabase } from "../../../../support/database";
import { setTestEnv } from "../../../../support/env";
import { apiRequest } from "../../../../support/requests";

const db = await testDatabase();
afterEach(async () => {
  setTestEnv();
  await db.delete(rateLimits);
});
const post = (body: unknown, headers?: Record<string, string>) =>
  POST(apiRequest("/api/auth/register", { method: "POST", body, headers }));
const codeOf = async (response: Response) => [response.status, (await response.json()).code];
const findUser = async (email: string) => (await db.select().from(users).where(eq(users.email, email)))[0];
const PASSWORD = "correct horse battery";

it("makes an account and answers with it, never with the password or its hash", async () => {
  const response = await post({ email: " Ada@Example.org ", password: PASSWORD, name: " Ada " });
  expect(response.status).toBe(201);
  expect(response.headers.get("cache-control")).toBe("private, no-store");
  const text = await response.text();
  expect(JSON.parse(text)).toEqual({
    user: {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: "ada@example.org",
      name: "Ada",
      role: "user",
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    },
    accessToken: expect.stringMatching(/^cha_/),
    refreshToken: expect.stringMatching(/^chr_/),
    expiresIn: 3600,
  });
  expect(text).not.toMatch(/argon|correct horse/);
  expect((await findUser("ada@example.org"))?.passwordHash).toMatch(/^\$argon2id\$/);
});

it("refuses an address that has an account, in whatever case, and leaves that account as it was", async () => {
  await post({ email: "taken@example.org", password: PASSWORD });
  const before = await findUser("taken@example.org");
  expect(await codeOf(await post({ email: "TAKEN@example.org", password: "another password" }))).toEqual([
    409,
    "email_taken",
  ]);
  expect(await findUser("taken@example.org")).toEqual(before);
});

it("makes one account of ten requests at once", async () => {
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => post({ email: "race@example.org", password: PASSWORD })),
  );
  expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
});

it.each([
  ["a short password", { password: "1234567" }, "password"],
  ["a long password", { password: "a".repeat(257) }, "password"],
  ["the e-mail address as password", { password: "Eve@Example.org" }, "password"],
  ["a number as password", { password: 12345678 }, "password"],
  ["no password", { password: undefined }, "password"],
  ["a look-alike of @", { email: "eve\uff20example.org" }, "email"],
  ["no address", { email: "eve" }, "email"],
  ["an empty name", { name: " " }, "name"],
  ["a name with a line break", { name: "a\nb" }, "name"],
  ["a long name", { name: "a".repeat(101) }, "name"],
  ["a role of one's own", { role: "admin" }, ""],
  ["an id of one's own", { id: "1" }, ""],
])("refuses %s and says where the fault is", async (_, change, path) => {
  const response = await post({ email: "eve@example.org", password: PASSWORD, ...change });
  const problem = await response.json();
  expect([response.status, problem.code]).toEqual([400, "invalid_request"]);
  expect(problem.issues.map((issue: { path: string }) => issue.path)).toContain(path);
  expect(JSON.stringify(problem)).not.toContain("1234567");
  expect(await findUser("eve@example.org")).toBeUndefined();
});

it("refuses prototype keys as fields", async () => {
  const body = `{"email":"eve@example.org","password":"${PASSWORD}","__proto__":{"polluted":true}}`;
  const response = await post(body);
  expect([200, 201]).not.toContain(response.status);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it.each([
  ["not JSON", "{", {}, 400, "invalid_request"],
  ["too large", `{"email":"${"a".repeat(9000)}"}`, {}, 413, "payload_too_large"],
  [
    "a form",
    "email=eve@example.org",
    { "content-type": "application/x-www-form-urlencoded" },
    415,
    "unsupported_media_type",
  ],
  ["plain text", "{}", { "content-type": "text/plain" }, 415, "unsupported_media_type"],
  ["another site's", "{}", { origin: "https://evil.example" }, 403, "cross_site_request"],
  ["a sandboxed page's", "{}", { origin: "null" }, 403, "cross_site_request"],
  ["cross-site by its own word", "{}", { "sec-fetch-site": "cross-site" }, 403, "cross_site_request"],
] as const)("refuses a body that is %s", async (_, body, headers, status, code) => {
  expect(await codeOf(await post(body, headers))).toEqual([status, code]);
});

it("works for a program without cookies or origin", async () => {
  expect((await post({ email: "curl@example.org", password: PASSWORD }, { origin: "" })).status).toBe(201);
});

it("makes nobody an account while registration is closed, and says so", async () => {
  setTestEnv({ REGISTRATION: "closed" });
  const response = await post({ email: "late@example.org", password: PASSWORD });
  expect(await response.json()).toMatchObject({ code: "forbidden", detail: expect.stringContaining("closed") });
  expect(await findUser("late@example.org")).toBeUndefined();
});

it("makes operators of those on ADMIN_EMAILS", async () => {
  setTestEnv({ ADMIN_EMAILS: "Boss@example.org" });
  const response = await post({ email: "boss@example.org", password: PASSWORD });
  expect((await response.json()).user.role).toBe("admin");
});

it("refuses the account that is one too many for a network within the hour", async () => {
  setTestEnv({ RATE_LIMIT_FACTOR: String(1 / policies.register.limit) });
  const [first, second] = [
    await post({ email: "one@example.org", password: PASSWORD }),
    await post({ email: "two@example.org", password: PASSWORD }),
  ];
  expect(first.status).toBe(201);
  expect(second.status).toBe(429);
  expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(3000);
});

it("tells nothing of the database when that is down", async () => {
  const shared = globalThis as { __chatelaineDb?: Promise<unknown> };
  const open = shared.__chatelaineDb;
  shared.__chatelaineDb = Promise.reject(Object.assign(new Error("connect ECONNREFUSED 10.0.0.9"), { code: "X" }));
  shared.__chatelaineDb.catch(() => {});
  const response = await post({ email: "down@example.org", password: PASSWORD });
  shared.__chatelaineDb = open;
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(text).not.toMatch(/ECONNREFUSED|10\.0\.0\.9/);
});
