import { expect, it } from "vitest";
import { AppError } from "@/lib/errors";
import { problemResponse } from "@/lib/http/problem";

const failed = (cause: object) =>
  Object.assign(new Error("Failed query: select secret", { cause }), { query: "select secret", params: ["secret"] });
const coded = (code: string) => Object.assign(new Error("secret"), { code });

it.each([
  failed(coded("ECONNREFUSED")),
  failed(coded("CONNECTION_CLOSED")),
  failed(coded("57P01")),
  coded("CONNECT_TIMEOUT"),
])("a database that is away is a 503 that says when to try again, without a detail: %#", async (error) => {
  const response = problemResponse(error, "id-12345678");
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: "internal", status: 503 });
  expect(text).not.toContain("secret");
});

it.each([failed(coded("23505")), failed(coded("42P01")), coded("ECONNREFUSED"), new Error("secret"), "secret", null])(
  "any other fault of ours stays a 500: %#",
  async (error) => {
    const response = problemResponse(error, "id-12345678");
    expect([response.status, response.headers.get("retry-after")]).toEqual([500, null]);
    expect(await response.text()).not.toContain("secret");
  },
);

it("a refusal keeps its own status", () => {
  expect(problemResponse(new AppError("conflict", "No."), "id-12345678").status).toBe(409);
});
