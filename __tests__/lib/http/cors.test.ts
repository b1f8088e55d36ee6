import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { NextRequest } from "next/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setTestEnv, testEnv } from "@/__tests__/support/env";
import { watchPeers } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { proxy } from "@/proxy";

const ALLOWED = "https://app.example.org";
const others = [
  "https://evil.example",
  "null",
  "http://app.example.org",
  "https://app.example.org:8443",
  "https://app.example.org.evil.example",
  "https://sub.app.example.org",
  "https://APP.example.org",
  "chrome-extension://abcdef",
];
beforeEach(() => void setTestEnv({ CORS_ORIGINS: `${ALLOWED}, http://localhost:5173` }));
afterEach(() => void setTestEnv());

const path = "http://localhost:3000/api/conversations";
const handler = route(async () => Response.json({ ok: true }));
const ask = (method: string, headers: Record<string, string>) =>
  handler(new NextRequest(path, { method, headers, body: method === "GET" ? undefined : "{}" }));
const preflight = (origin: string, headers: Record<string, string> = {}) =>
  proxy(
    new NextRequest(path, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", ...headers },
    }),
  );
const bearer = { authorization: "Bearer x" };

describe("a preflight", () => {
  it("of a listed origin is told what it may send, for two hours, and never that cookies go along", async () => {
    const response = await preflight(ALLOWED, {
      "access-control-request-headers": "authorization,content-type,x-stainless-os",
    });
    expect(response.status).toBe(204);
    expect(Object.fromEntries([...response.headers].filter(([name]) => /^access-control|vary/.test(name)))).toEqual({
      vary: "Origin, Access-Control-Request-Headers",
      "access-control-allow-origin": ALLOWED,
      "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": "authorization,content-type,x-stainless-os",
      "access-control-max-age": "7200",
      "access-control-expose-headers": expect.stringContaining("x-key-source"),
    });
  });

  it.each(others)("of %s is allowed nothing", async (origin) => {
    const { headers } = await preflight(origin, { "access-control-request-headers": "authorization" });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(headers.get("vary")).toBe("Origin");
  });

  it("that names headers in a strange form is not told that they may be sent", async () => {
    for (const asked of ["a b", "x;y", "é", `${"x".repeat(65)}`, Array(50).fill("x-a").join(",")]) {
      const { headers } = await preflight(ALLOWED, { "access-control-request-headers": encodeURI(asked) });
      expect(headers.get("access-control-allow-headers"), asked).toBeNull();
    }
  });

  it("changes nothing where no other origin is allowed", async () => {
    setTestEnv();
    const { headers } = await preflight(ALLOWED);
    expect([...headers.keys()].filter((name) => /^access-control|^vary$/.test(name))).toEqual([]);
  });

  it("of a page is none", async () => {
    const request = new NextRequest("http://localhost:3000/sign-in", {
      method: "OPTIONS",
      headers: { origin: ALLOWED, "access-control-request-method": "POST" },
    });
    expect((await proxy(request)).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("an answer", () => {
  it("may be read by a listed origin, also a refusal, and names what of its headers may be", async () => {
    const fails = route(async () => {
      throw new Error("x");
    });
    const refusal = await fails(new NextRequest(path, { headers: { origin: ALLOWED } }));
    for (const { headers } of [await ask("GET", { origin: ALLOWED }), refusal]) {
      expect(headers.get("access-control-allow-origin")).toBe(ALLOWED);
      expect(headers.get("access-control-expose-headers")).toContain("x-request-id");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
      expect(headers.get("vary")).toBe("Origin");
    }
  });

  it.each(others)("may not be read by %s", async (origin) => {
    const { headers } = await ask("GET", { origin });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("vary")).toBe("Origin");
  });
});

describe("what changes something", () => {
  const cookie = "next-auth.session-token=x";
  it("passes from a listed origin with a token or without, never with a cookie", async () => {
    expect((await ask("POST", { origin: ALLOWED, "sec-fetch-site": "cross-site" })).status).toBe(200);
    expect((await ask("POST", { origin: ALLOWED, ...bearer })).status).toBe(200);
    expect((await ask("POST", { origin: ALLOWED, cookie })).status).toBe(403);
    expect((await ask("POST", { origin: ALLOWED, cookie, ...bearer })).status).toBe(403);
  });

  it.each(others)(
    "from %s passes with a token and without cookies only: no browser adds one by itself",
    async (origin) => {
      expect((await ask("POST", { origin, ...bearer })).status).toBe(200);
      expect((await ask("POST", { origin })).status).toBe(403);
      expect((await ask("POST", { origin, cookie })).status).toBe(403);
      expect((await ask("POST", { origin, cookie, ...bearer })).status).toBe(403);
    },
  );
});

it.each([
  "*",
  "null",
  "https://app.example.org/",
  "https://app.example.org/x",
  "app.example.org",
  "https://*.example.org",
])("refuses %s in CORS_ORIGINS at the start", (entry) => {
  expect(() => testEnv({ CORS_ORIGINS: entry })).toThrow(/CORS_ORIGINS: an entry is not an origin/);
});

it("takes two Authorization headers for none that counts, whichever is good", async () => {
  watchPeers();
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end();
  });
  await new Promise<void>((up) => server.listen(0, "127.0.0.1", up));
  const { port } = server.address() as AddressInfo;
  const send = (headers: string[]) =>
    new Promise((done) => {
      httpRequest({ port, host: "127.0.0.1", headers: ["host", "x", ...headers] as never }, (answer) => {
        answer.resume().on("end", done);
      }).end();
    });
  await send(["authorization", "Bearer a", "Authorization", "Bearer b"]);
  await send(["Authorization", "Bearer a"]);
  await send(["x-authorization", "Bearer a"]);
  server.close();
  expect(seen).toEqual(["ambiguous", "Bearer a", undefined]);
});
