import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, isBuilt } from "./build.mjs";
import { check, report } from "./check.mjs";
import { harmlessEnvironment } from "./env-file.mjs";
import { lockFolder } from "./folder-lock.mjs";
import { run } from "./processes.mjs";
import { Fault, ROOT, say } from "./root.mjs";

const RESULTS = join(ROOT, ".test-results");

/** @typedef {{ passed: number; failed: number; skipped: number; named: string[] }} Totals */

/**
 * Everything: checks, build, unit tests, browser tests, and the database tests again on PostgreSQL where there is one.
 *
 * @param {string} node @param {string[]} filters parts of file names, to run fewer tests
 * @returns {Promise<number>} 0 only when all passed
 */
export async function test(node, filters) {
  rmSync(RESULTS, { recursive: true, force: true });
  /** @type {Totals} */
  const totals = { passed: 0, failed: 0, skipped: 0, named: [] };
  const { TEST_REDIS_URL } = process.env;
  const env = { ...harmlessEnvironment(), ...(TEST_REDIS_URL && { TEST_REDIS_URL }) };
  if (filters.length === 0) add(totals, await check(node));
  const unit = await vitest(node, "unit", ["--project", "unit", ...filters], env);
  add(totals, unit);
  totals[await report("build", () => buildForTests(node))]++;
  if (isBuilt()) add(totals, await vitest(node, "e2e", ["--project", "e2e", ...filters], env));
  else add(totals, { skipped: 1, named: ["browser tests: there is no build to run them on"] });
  add(totals, await onPostgres(node, filters, env));
  add(totals, await leaksOnPostgres(node, filters, env));

  for (const name of totals.named) say(`skipped: ${name}`);
  say(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

/** @param {Totals} totals @param {Partial<Totals>} more */
function add(totals, { passed = 0, failed = 0, skipped = 0, named = [] }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  totals.named.push(...named);
}

/** @param {string} node */
async function buildForTests(node) {
  try {
    if (!isBuilt()) {
      const unlock = await lockFolder(); // a server that runs from this build must not lose it
      await build(node).finally(unlock);
    }
    return { status: 0, output: "" };
  } catch (error) {
    if (error instanceof Fault) return { status: 1, output: error.message };
    throw error;
  }
}

/** @param {string} node @param {string[]} filters @param {Record<string, string>} env */
async function onPostgres(node, filters, env) {
  const TEST_DATABASE_URL = process.env.TEST_DATABASE_URL;
  if (!TEST_DATABASE_URL) {
    return { skipped: 1, named: ["database tests on PostgreSQL: TEST_DATABASE_URL is not set (.ci/run sets it)"] };
  }
  const files = databaseTests().filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)));
  if (files.length === 0) return {};
  return vitest(node, "postgres", ["--project", "unit", ...files], { ...env, TEST_DATABASE_URL });
}

/** The search for leaks once more: PostgreSQL has dumps, and can be made to fail from outside. */
const LEAKS = join("__tests__", "e2e", "leaks.test.ts");

/** @param {string} node @param {string[]} filters @param {Record<string, string>} env @returns {Promise<Partial<Totals>>} */
async function leaksOnPostgres(node, filters, env) {
  const TEST_DATABASE_URL = process.env.TEST_DATABASE_URL;
  if (!TEST_DATABASE_URL || !isBuilt()) return {}; // both are told already
  if (filters.length > 0 && !filters.some((part) => LEAKS.includes(part))) return {};
  return vitest(node, "postgres-e2e", ["--project", "e2e", LEAKS], { ...env, TEST_DATABASE_URL });
}

/** Test files that open a database. */
export function databaseTests() {
  return readdirSync(join(ROOT, "__tests__"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.test\.tsx?$/.test(file) && !file.startsWith("e2e"))
    .map((file) => join("__tests__", file))
    .filter((file) => readFileSync(join(ROOT, file), "utf8").includes("testDatabase("));
}

/** @param {string} node @param {string} name @param {string[]} args @param {Record<string, string>} env */
async function vitest(node, name, args, env) {
  say(`\n${name} tests`);
  const file = join(RESULTS, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`, "--passWithNoTests"];
  const path = join("node_modules", "vitest", "vitest.mjs");
  const status = await run(node, [path, "run", ...args, ...reporters], { env });
  return countTests(name, status, existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined);
}

/**
 * Counts one vitest report. What fails outside a test (a file that does not load, an error nobody caught, no report at
 * all) counts as one failure, so that nothing fails unseen.
 *
 * @param {string} name @param {number} status vitest's exit status
 * @param {{ testResults: { name: string; status: string; assertionResults: { status: string; fullName: string }[] }[] } | undefined} results
 * @returns {Totals}
 */
export function countTests(name, status, results) {
  const files = results?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const broken = files.filter((file) => file.status === "failed" && !file.assertionResults.some(isFailed)).length;
  const failed = tests.filter(isFailed).length + broken;
  const skippedTests = tests.filter((one) => ["skipped", "pending", "todo", "disabled"].includes(one.status));
  return {
    passed: tests.filter((one) => one.status === "passed").length,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: skippedTests.length,
    named: skippedTests.map((one) => `${name}: ${one.fullName}`),
  };
}

/** @param {{ status: string }} test */
const isFailed = (test) => test.status === "failed";
