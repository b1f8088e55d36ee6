import { expect, it } from "vitest";
import { description } from "@/app/api/openapi.json/description";
import { curlOf } from "@/lib/openapi/curl";
import type { Operation } from "@/lib/openapi/operation";

const origin = "https://chat.example.org";
function curl(method: Operation["method"], path: string): string | undefined {
  const operation = description().paths[path]?.[method];
  if (!operation) throw new Error(`${method} ${path} is not described`);
  return curlOf({ origin, method, path, operation });
}

it("reads with a token", () => {
  expect(curl("get", "/api/conversations/{id}")).toBe(
    'curl "https://chat.example.org/api/conversations/$ID" \\\n  -H "Authorization: Bearer $TOKEN"',
  );
});

it("sends the example as JSON, and reads a stream as it comes", () => {
  const command = curl("post", "/api/chat");
  expect(command).toContain('curl -N -X POST "https://chat.example.org/api/chat"');
  expect(JSON.parse(/-d '(.*)'$/.exec(command ?? "")?.[1] ?? "")).toMatchObject({ message: { role: "user" } });
});

it("sends and saves files", () => {
  expect(curl("post", "/api/attachments")).toMatch(/-H "x-file-name: …".*--data-binary @file$/s);
  expect(curl("get", "/api/account/export")).toContain("curl -OJ ");
});

it("needs no token where everybody may, and is not there for pages that a browser visits", () => {
  expect(curl("get", "/api/health")).toBe('curl "https://chat.example.org/api/health"');
  expect(curl("get", "/api/openrouter/connect")).toBeUndefined();
  expect(curl("get", "/api/auth/openrouter")).toBeUndefined();
});

it("an apostrophe in an example does not end the shell's quotes", () => {
  const content = { "application/json": { schema: {}, example: { text: "it's" } } };
  const operation = {
    ...{ operationId: "x", tags: [], summary: "", security: [] },
    requestBody: { required: true as const, content },
    responses: { 204: { description: "" } },
  };
  expect(curlOf({ origin, method: "post", path: "/x", operation })).toContain(`-d '{"text":"it'\\''s"}'`);
});
