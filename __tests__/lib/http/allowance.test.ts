import { afterEach, expect, it } from "vitest";
import { AppError } from "@/lib/errors";
import { route } from "@/lib/http/route";
import { setTestEnv } from "../../support/env";
import { apiRequest } from "../../support/requests";

afterEach(() => setTestEnv());

const left = (remaining: number, resetSeconds = 60) => Promise.resolve({ limit: 10, remaining, resetSeconds });
const refused = (resetSeconds: number) =>
  Promise.reject(new AppError("rate_limited", "Slow.", { allowance: { limit: 10, remaining: 0, resetSeconds } }));
const headersOf = ({ headers }: Response) =>
  ["limit", "remaining", "reset"].map((name) => headers.get(`ratelimit-${name}`));

it("tells on an answer what is left of its limit, also when the request fails for another reason", async () => {
  const answer = await route(async (_, { limited }) => {
    await limited(left(7));
    return Response.json({});
  })(apiRequest("/api/x"));
  expect(headersOf(answer)).toEqual(["10", "7", "60"]);
  expect(answer.headers.get("retry-after")).toBeNull();

  const failure = await route(async (_, { limited }) => {
    await limited(left(3));
    throw new AppError("email_taken", "Taken.");
  })(apiRequest("/api/x"));
  expect([failure.status, ...headersOf(failure)]).toEqual([409, "10", "3", "60"]);
});

it("tells a refused request when to come back", async () => {
  const answer = await route(async (_, { limited }) => {
    await limited(refused(42));
    return Response.json({});
  })(apiRequest("/api/x"));
  expect([answer.status, ...headersOf(answer), answer.headers.get("retry-after")]).toEqual([
    429,
    "10",
    "0",
    "42",
    "42",
  ]);
});

it("tells it too when the refusal is answered by something else than an error: a page, or next-auth", async () => {
  const answer = await route(async (_, { limited }) => {
    await limited(refused(42)).catch(() => {});
    return Response.redirect("http://localhost:3000/settings/keys"); // its headers cannot be changed
  })(apiRequest("/api/x"));
  expect([answer.status, ...headersOf(answer), answer.headers.get("retry-after")]).toEqual([
    302,
    "10",
    "0",
    "42",
    "42",
  ]);
});

it("tells the tightest of several limits, and of a refusal the one that refused", async () => {
  const answer = await route(async (_, { limited }) => {
    await limited(left(5));
    await limited(left(2, 30));
    await limited(left(9));
    return Response.json({});
  })(apiRequest("/api/x"));
  expect(headersOf(answer)).toEqual(["10", "2", "30"]);
});

it("says nothing of limits where none is counted", async () => {
  const answer = await route(async () => Response.json({}))(apiRequest("/api/x"));
  expect(headersOf(answer)).toEqual([null, null, null]);
});
