import { randomUUID } from "node:crypto";
import type { NextRequest } from "next/server";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";

const db = await testDatabase();
const person = await signedIn(db);

type Handler = (request: NextRequest, context: { params: Promise<Record<string, string>> }) => Promise<Response>;
const modules = import.meta.glob<Record<string, Handler>>("/app/api/**/route.ts", { eager: true });

/** Open to everybody (contract.md, section 3). A route that is not named here must refuse the signed-out. */
const OPEN = /^\/app\/api\/(auth\/(?!sessions|me)|health|openapi)/;
/** A page visit: it turns refusals into redirects, but for programs. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const handlers = Object.entries(modules).flatMap(([file, module]) =>
  METHODS.filter((method) => module[method]).map((method) => {
    const path = file
      .replace(/^\/app|\/route\.ts$/g, "")
      .replace("[id]", randomUUID())
      .replace("[messageId]", randomUUID())
      .replace("[provider]", "openai");
    const call = (init: Parameters<typeof apiRequest>[1]) =>
      (module[method] as Handler)(apiRequest(path, { method, ...init }), {
        params: Promise.resolve({
          id: path.split("/")[3] ?? "",
          messageId: path.split("/")[5] ?? "",
          provider: path.split("/")[3] ?? "",
          nextauth: "",
        }),
      });
    return { name: `${method} ${file.replace(/^\/app|\/route\.ts$/g, "")}`, file, method, call };
  }),
);
const guarded = handlers.filter(({ file }) => !OPEN.test(file));
const changing = handlers.filter(({ method, file }) => method !== "GET" && !file.includes("nextauth"));

/** Speaks OpenAI's wire, errors too; its own tests hold it against bodies (v1/completions.test.ts). */
const isV1 = (file: string) => file.startsWith("/app/api/v1/");
const codeOf = async (response: Response) => {
  const body = (await response.json()) as { code?: string; error?: { code: string } };
  return body.code ?? body.error?.code;
};

it("finds the routes", () => {
  expect(guarded.length).toBeGreaterThanOrEqual(13);
  expect(changing.length).toBeGreaterThanOrEqual(8);
});

describe("signed out", () => {
  it.each(guarded)("$name is refused, or sent to sign in", async ({ file, method, call }) => {
    const response = await call(method === "GET" ? {} : { body: {} });
    if (file.includes("openrouter/callback")) {
      expect(response.headers.get("location")).toContain("openrouter=signed_out");
      return;
    }
    expect([response.status, await codeOf(response)]).toEqual([401, "unauthenticated"]);
    const type = isV1(file) ? "application/json" : "application/problem+json";
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
  });

  it.each(guarded.filter(({ file }) => !file.includes("openrouter/callback")))(
    "$name takes no forged cookie, no bearer of another kind, and no header that once stepped around a proxy",
    async ({ call, method }) => {
      const body = method === "GET" ? undefined : {};
      const tries: Parameters<typeof apiRequest>[1][] = [
        { cookie: "next-auth.session-token=forged", body },
        { cookie: person.cookie.replace(/.{8}$/, "AAAAAAAA"), body },
        { headers: { authorization: "Bearer x" }, body },
        { headers: { authorization: `Bearer ${person.cookie.split("=")[1]}` }, body },
        { headers: { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" }, body },
      ];
      for (const init of tries) expect((await call(init)).status).toBe(401);
    },
  );
});

describe("from another site, with the user's cookie,", () => {
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:3001" },
    { origin: "http://sub.localhost:3000" },
    { origin: "", referer: "https://evil.example/page" },
    { origin: "" },
    { origin: "", "sec-fetch-site": "cross-site" },
    { origin: "", "sec-fetch-site": "same-site" },
    { origin: "", "sec-fetch-site": "none" },
  ];
  it.each(changing)("$name is refused, whatever it carries", async ({ call }) => {
    for (const headers of foreign) {
      for (const type of [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
      ]) {
        const response = await call({
          cookie: person.cookie,
          body: "{}",
          headers: { "content-type": type, ...headers },
        });
        expect([response.status, await codeOf(response)], JSON.stringify(headers)).toEqual([403, "cross_site_request"]);
      }
    }
  });
});

describe("with a body", () => {
  it.each(
    changing.filter(
      ({ name, file }) => !isV1(file) && !/DELETE|\/(stop|undo|check|revoke|lock|attachments|import)$/.test(name),
    ),
  )("$name refuses what is too large, of another type, no JSON, or strange", async ({ call }) => {
    const codeOf = async (init: Parameters<typeof apiRequest>[1]) => {
      const response = await call({ cookie: person.cookie, ...init });
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    expect(await codeOf({ body: `{"a":"${"x".repeat(2 * 1024 * 1024)}"}` })).toEqual([413, "payload_too_large"]);
    expect(await codeOf({ body: "{}", headers: { "content-type": "text/plain" } })).toEqual([
      415,
      "unsupported_media_type",
    ]);
    for (const body of [
      "{",
      "",
      "null",
      "[]",
      '"x"',
      '{"__proto__":{"polluted":1}}',
      '{"constructor":{}}',
      "[".repeat(500),
    ]) {
      expect(await codeOf({ body }), body.slice(0, 40)).toEqual([400, "invalid_request"]);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
