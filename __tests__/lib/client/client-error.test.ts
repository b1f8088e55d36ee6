import { expect, it } from "vitest";
import { asClientError, toClientError } from "@/lib/client/client-error";

it("carries code, sentence, action, issues and the time to wait", async () => {
  const body = {
    code: "rate_limited",
    detail: "Slow down.",
    action: "connect",
    issues: [{ path: "email", message: "no" }],
  };
  const error = await toClientError(Response.json(body, { status: 429, headers: { "retry-after": "7" } }));
  expect(error).toMatchObject({
    code: "rate_limited",
    message: "Slow down.",
    action: "connect",
    status: 429,
    retryAfterSeconds: 7,
  });
  expect(error.issue("email")).toBe("no");
  expect(error.issue("name")).toBeUndefined();
});

it.each(["<html>502 Bad Gateway</html>", "", "null", "[]", '{"code":5}'])(
  "shows a plain sentence for %j, never the body",
  async (body) => {
    const error = await toClientError(new Response(body, { status: 502 }));
    expect(error.code).toBe("internal");
    expect(error.message).toMatch(/^The server gave an answer that could not be read/);
  },
);

it("tells a lost connection apart", () => {
  expect(asClientError(new TypeError("fetch failed")).message).toContain("did not reach us");
});
