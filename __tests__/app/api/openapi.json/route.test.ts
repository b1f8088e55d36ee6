import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { everyOperation, faults, routeFileOf } from "@/__tests__/support/openapi";
import { apiRequest } from "@/__tests__/support/requests";
import { description } from "@/app/api/openapi.json/description";
import { groups } from "@/app/api/openapi.json/groups";
import { GET } from "@/app/api/openapi.json/route";
import { ROOT } from "@/lib/cli/root.mjs";
import type { Access } from "@/lib/openapi/operation";

const modules = import.meta.glob<Record<string, unknown>>("/app/api/**/route.ts", { eager: true });
const files = Object.keys(modules);
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const operations = groups.flatMap((group) => group.operations);

describe("the description", () => {
  it("is OpenAPI 3.1, says a validator that others wrote", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(description()) as never);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it("has every method of every route", () => {
    const described = everyOperation.map(({ method, path }) => `${method.toUpperCase()} ${routeFileOf(path, files)}`);
    const handlers = files.flatMap((file) =>
      METHODS.filter((name) => modules[file]?.[name]).map((name) => `${name} ${file}`),
    );
    expect(handlers.filter((handler) => !described.includes(handler))).toEqual([]);
  });

  it("has no operation that no route answers, and names each once", () => {
    const unanswered = everyOperation.filter(({ method, path }) => {
      const file = routeFileOf(path, files);
      return file === undefined || modules[file]?.[method.toUpperCase()] === undefined;
    });
    expect(unanswered.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    expect(everyOperation).toHaveLength(operations.length);
  });

  it("refers to nothing that it does not hold, and holds nothing that is not referred to", () => {
    const text = JSON.stringify(description());
    const referred = new Set(
      [...text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    const { securitySchemes, ...components } = description().components;
    const held = Object.entries(components).flatMap(([kind, parts]) =>
      Object.keys(parts).map((name) => `${kind}/${name}`),
    );
    expect([...referred].sort()).toEqual(held.sort());
  });

  it("describes every body and every answer with a schema by an example that fits", () => {
    for (const { operationId, requestBody, responses } of everyOperation) {
      const answers = Object.values(responses).flatMap((one) =>
        "content" in one ? Object.entries(one.content ?? {}) : [],
      );
      for (const [type, { schema, example }] of [...Object.entries(requestBody?.content ?? {}), ...answers]) {
        if (type !== "application/json" || Object.keys(schema).length === 0 || operationId === "openapi") continue;
        expect(example, `${operationId} has no example`).toBeDefined();
        expect(faults(schema, example), operationId).toBeNull();
      }
    }
  });

  it("is small, public, and not sent again to whoever has it", async () => {
    const response = await GET(apiRequest("/api/openapi.json"));
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    const body = await response.text();
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(description())));
    expect(gzipSync(body).length).toBeLessThan(20_000);
    const etag = response.headers.get("etag") ?? "";
    const again = await GET(apiRequest("/api/openapi.json", { headers: { "if-none-match": etag } }));
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
  });
});

describe("what is said of each operation is what its handler asks for:", () => {
  /** The text of one handler; helpers beside it count for all of a file's. */
  function sourceOf(path: string, method: string): string {
    const route = readFileSync(join(ROOT, routeFileOf(path, files) ?? ""), "utf8");
    // These ask in the plain functions that they share with the server in front of Next.
    const shared = [...route.matchAll(/from "@\/(lib\/v1\/[\w-]+)"/g)].map(([, name]) => `${name}.ts`);
    const source = [route, ...shared.map((name) => readFileSync(join(ROOT, name), "utf8"))].join("\n");
    const parts = route.split(/^(?=export const )/m);
    const own = parts.find((part) => part.startsWith(`export const ${method.toUpperCase()} `)) ?? "";
    return /require\w+\(|consume\(/.test(own) ? own : source;
  }
  const asked = (source: string): Access | undefined => {
    const scopes = /requireCaller\(\s*request,\s*(\[[^\]]*\]|"[^"]+")/.exec(source)?.[1];
    if (scopes) return JSON.parse(scopes) as Access;
    if (/requireBrowser\(/.test(source)) return "browser";
    return /requireUser\(/.test(source) ? "person" : undefined;
  };

  it.each(operations.filter(({ access }) => access !== "everyone"))("$id", ({ path, method, access, limit }) => {
    const source = sourceOf(path, method);
    expect(asked(source)).toEqual(access);
    const limits = [...source.matchAll(/consume\("(\w+)"/g)].map(([, name]) => name);
    if (limit) expect(limits).toContain(limit);
    else expect(limits).toEqual([]);
  });

  it.each(operations.filter(({ access }) => access === "everyone"))(
    "$id, open to everybody",
    ({ path, method, limit }) => {
      const limits = [...sourceOf(path, method).matchAll(/consume\("(\w+)"/g)].map(([, name]) => name);
      if (limit) expect(limits).toContain(limit);
      else expect(limits).toEqual([]);
    },
  );
});
