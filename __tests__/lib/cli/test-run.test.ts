import { expect, it } from "vitest";
import { countTests, databaseTests } from "@/lib/cli/test-run.mjs";

const test = (status: string, fullName = "a test") => ({ status, fullName });
const file = (status: string, ...assertionResults: ReturnType<typeof test>[]) => ({
  name: "f",
  status,
  assertionResults,
});

it("adds up passed, failed and skipped tests, and names the skipped ones", () => {
  const results = [
    file("passed", test("passed"), test("skipped", "on Redis")),
    file("failed", test("failed"), test("todo", "later")),
  ];
  expect(countTests("unit", 1, { testResults: results })).toEqual({
    passed: 1,
    failed: 1,
    skipped: 2,
    named: ["unit: on Redis", "unit: later"],
  });
});

it.each([
  ["a file that does not load", 1, { testResults: [file("passed", test("passed")), file("failed")] }],
  ["an error outside any test", 1, { testResults: [file("passed", test("passed"))] }],
  ["a run that died without a report", 137, undefined],
])("counts %s as a failure", (_, status, results) => {
  expect(countTests("unit", status, results).failed).toBe(1);
});

it("finds the tests that open a database, and leaves browser tests out", () => {
  const files = databaseTests();
  expect(files).toContain("__tests__/lib/db/migrate.test.ts");
  expect(files.filter((path) => path.includes("e2e"))).toEqual([]);
});
