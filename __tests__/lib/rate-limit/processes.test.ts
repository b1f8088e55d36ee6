import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { sql } from "drizzle-orm";
import { expect, inject, it } from "vitest";
import { scriptArguments } from "@/lib/cli/node-runtime.mjs";
import { rowsOf } from "@/lib/db/client";
import { testDatabase } from "../../support/database";
import { testEnv } from "../../support/env";

const db = await testDatabase();
const { templateUrl } = inject("database");
const PROCESSES = 4;
const CALLS = 100;

/** Opens its connection first, then waits for the word, so that all processes call at the same time. */
const caller = `
  const { consume } = await import("@/lib/rate-limit/consume");
  await consume("login_address", "warm-up");
  console.log("ready");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const calls = Array.from({ length: ${CALLS} }, () => consume("login_account", "many@example.org"));
  const results = await Promise.allSettled(calls);
  const refused = results.filter((one) => one.reason?.code === "rate_limited").length;
  console.log(JSON.stringify({ passed: results.filter((one) => one.status === "fulfilled").length, refused }));
  process.exit(0);
`;

async function countOverProcesses(store: Record<string, string>) {
  const { NEXTAUTH_SECRET } = testEnv();
  const secrets = { NEXTAUTH_SECRET, ENCRYPTION_KEY: randomBytes(32).toString("base64") };
  const args = scriptArguments(process.execPath, "--input-type=module", ["--eval", caller]);
  const children = Array.from({ length: PROCESSES }, () => {
    const env = { PATH: process.env.PATH, LOG_LEVEL: "silent", ...secrets, ...store };
    return spawn(process.execPath, args, {
      env: env as unknown as NodeJS.ProcessEnv,
      stdio: ["pipe", "pipe", "inherit"],
    });
  });
  const outputs = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  for (const output of outputs) expect(await output.next()).toMatchObject({ value: "ready" });
  for (const child of children) child.stdin.end("go\n");
  const counts = await Promise.all(outputs.map(async (output) => JSON.parse(String((await output.next()).value))));
  await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
  const sum = (name: "passed" | "refused") => counts.reduce((total, one) => total + one[name], 0);
  return { passed: sum("passed"), refused: sum("refused") };
}

it.skipIf(!templateUrl)("S49: four processes on PostgreSQL let exactly 10 of 400 calls through", async () => {
  const [row] = rowsOf<{ name: string }>(await db.execute(sql`select current_database() as name`));
  const url = new URL(String(templateUrl));
  url.pathname = `/${row?.name}`;
  expect(await countOverProcesses({ DATABASE_URL: url.href })).toEqual({ passed: 10, refused: 390 });
});

it.skipIf(!process.env.TEST_REDIS_URL)("S49: four processes on Redis let exactly 10 of 400 calls through", async () => {
  const REDIS_URL = String(process.env.TEST_REDIS_URL);
  expect(await countOverProcesses({ REDIS_URL })).toEqual({ passed: 10, refused: 390 });
});
