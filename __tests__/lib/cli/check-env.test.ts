import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { pickNode, scriptArguments } from "@/lib/cli/node-runtime.mjs";
import { ROOT } from "@/lib/cli/root.mjs";

const bytes = randomBytes(32);
const key = bytes.toString("base64");

function checkEnv(env: Record<string, string>) {
  const node = pickNode();
  const NODE_ENV = "production" as const;
  return spawnSync(node, scriptArguments(node, "lib/cli/check-env.ts"), {
    cwd: ROOT,
    env: { NEXTAUTH_SECRET: randomBytes(32).toString("base64"), ...env, NODE_ENV },
    encoding: "utf8",
  });
}

it.each([
  ["missing", undefined],
  ["empty", ""],
  ["31 bytes", randomBytes(31).toString("base64")],
  ["33 bytes", randomBytes(33).toString("base64")],
  ["hex", bytes.toString("hex")],
  ["url-safe", Buffer.alloc(32, 0xfb).toString("base64url")],
  ["in quotes", `"${key}"`],
  ["with a newline", `${key}\n`],
  ["all zero", Buffer.alloc(32).toString("base64")],
  ["one byte repeated", Buffer.alloc(32, 0x41).toString("base64")],
])("an ENCRYPTION_KEY that is %s is refused with its mend and without its value (S12)", (_, value) => {
  const { status, stderr, stdout } = checkEnv(value === undefined ? {} : { ENCRYPTION_KEY: value });
  expect(status).toBe(1);
  expect(stderr).toMatch(/ENCRYPTION_KEY: .*openssl rand -base64 32/);
  if (value) expect(stdout + stderr).not.toContain(value.trim());
});

it("a valid environment passes without a word", () => {
  const { status, stderr, stdout } = checkEnv({ ENCRYPTION_KEY: key });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
});

it("a key file that is not there is told and waited for; another fault beside it still ends the start (S13)", () => {
  const waited = checkEnv({ ENCRYPTION_KEY_FILE: "/nowhere/to-be-found" });
  expect(waited.status).toBe(0);
  expect(waited.stderr).toMatch(/^Warning: ENCRYPTION_KEY_FILE \(.*cannot be read \(ENOENT\).*starts locked/);
  const refused = checkEnv({ ENCRYPTION_KEY_FILE: "/nowhere/to-be-found", NEXTAUTH_SECRET: "short" });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("NEXTAUTH_SECRET: it is shorter");
});
