import { spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, expect, inject, it } from "vitest";
import { asAdmin, testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { makeUser } from "@/__tests__/support/people";
import { storeKey } from "@/__tests__/support/stored-keys";
import { rowsOf } from "@/lib/db/client";
import { env } from "@/lib/env";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const { templateUrl } = inject("database");
const hasTools = ["pg_dump", "psql"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
const onPostgres = it.skipIf(templateUrl === undefined || !hasTools);

const base64 = () => randomBytes(32).toString("base64");
const [first, second] = [base64(), base64()];
const KEYS = 5;
const db = await testDatabase();
const restored: string[] = [];
afterAll(async () => {
  for (const name of restored) await asAdmin(String(templateUrl), `drop database ${name} with (force)`);
});

const urlOf = (name: string) => Object.assign(new URL(String(templateUrl)), { pathname: `/${name}` }).href;
const run = (command: string, args: string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}) =>
  spawnSync(command, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, ...options });

/** What an operator does before a change, and after a disaster. */
const backUp = (name: string) => run("pg_dump", ["--no-owner", "--dbname", urlOf(name)]).stdout;
async function restore(backup: string): Promise<string> {
  const name = `restored_${randomUUID().replaceAll("-", "")}`;
  await asAdmin(String(templateUrl), `create database ${name}`);
  restored.push(name);
  const { status, stderr } = run("psql", ["-q", "-v", "ON_ERROR_STOP=1", "--dbname", urlOf(name)], { input: backup });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return name;
}

function keys(args: string[], name: string, { now, before = "" }: { now: string; before?: string }) {
  const flags = ["--no-warnings", "--conditions=react-server", "--import", "./lib/cli/register.mjs"];
  const { status, stdout, stderr } = run(process.execPath, [...flags, "lib/cli/keys.ts", ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      LOG_LEVEL: "silent",
      DATABASE_URL: urlOf(name),
      OPENROUTER_URL: env().OPENROUTER_URL, // stored keys are bound to it
      ENCRYPTION_KEY: now,
      ENCRYPTION_KEY_PREVIOUS: before,
      NEXTAUTH_SECRET: base64(),
    },
  });
  return { status, told: stdout + stderr };
}

onPostgres(
  "S68 a restored backup opens with its key and with no other, before and after a rotation",
  { timeout: 90_000 },
  async () => {
    setTestEnv({ ENCRYPTION_KEY: first });
    for (let n = 0; n < KEYS; n++) await storeKey((await makeUser(db)).id);
    const [here] = rowsOf<{ name: string }>(await db.execute(sql`select current_database() as name`));
    const backup = backUp(String(here?.name));
    const name = await restore(backup);

    expect(keys(["verify"], name, { now: first })).toMatchObject({
      status: 0,
      told: expect.stringContaining("5 of 5"),
    });
    for (const now of [second, ""]) {
      const { status, told } = keys(["verify"], name, { now });
      expect(status).not.toBe(0);
      expect(told).toMatch(/ENCRYPTION_KEY/);
      expect(told).not.toContain(first.slice(0, 8));
    }

    expect(keys(["rotate"], name, { now: second, before: first }).status).toBe(0);
    expect(keys(["rotate", "--data"], name, { now: second, before: first }).status).toBe(0);
    const newer = await restore(backUp(name));
    expect(keys(["verify"], newer, { now: second }).told).toContain("5 of 5");

    // The backup from before the rotation needs the key from before it, and says so.
    const older = await restore(backup);
    expect(keys(["verify"], older, { now: second }).status).not.toBe(0);
    expect(keys(["verify"], older, { now: second }).told).toMatch(/ENCRYPTION_KEY_PREVIOUS/);
    expect(keys(["verify"], older, { now: second, before: first }).told).toContain("5 of 5");
  },
);
