import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Clone, makeClone, type Run } from "@/__tests__/support/clone";
import { parseEnvFile } from "@/lib/cli/env-file.mjs";
import { probePort } from "@/lib/cli/port.mjs";

const secret = () => randomBytes(32).toString("base64");

let clone: Clone;
let port: string;
const runs: Run[] = [];

beforeEach(async () => {
  clone = makeClone();
  port = String(await probePort(0));
});
afterEach(async () => {
  for (const { child } of runs) child.kill();
  await Promise.all(runs.splice(0).map(({ ended }) => ended));
  clone.remove();
});

function boot(args: string[], env: Record<string, string> = {}): Run {
  const run = clone.boot(args, { PORT: port, ...env });
  runs.push(run);
  return run;
}

const secretsFile = () => join(clone.folder, ".env.local");
const calls = () =>
  readFileSync(join(clone.folder, "calls.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { command: string; names: string[] });

async function startAndStop(env?: Record<string, string>): Promise<string> {
  const run = boot(["start"], env);
  await run.says(/Chatelaine runs on/);
  run.child.kill("SIGTERM");
  await run.ended;
  return run.output();
}

describe("secrets", () => {
  it("are written once, readable by their owner only, announced by name, and never replaced or printed", async () => {
    const output = await startAndStop();
    const written = readFileSync(secretsFile(), "utf8");
    const secrets = parseEnvFile(written);
    expect(statSync(secretsFile()).mode & 0o777).toBe(0o600);
    expect(Object.keys(secrets)).toEqual(["ENCRYPTION_KEY", "NEXTAUTH_SECRET"]);
    expect(Buffer.from(secrets.ENCRYPTION_KEY ?? "", "base64")).toHaveLength(32);
    expect(secrets.ENCRYPTION_KEY).not.toBe(secrets.NEXTAUTH_SECRET);
    expect(output).toContain("Wrote .env.local: ENCRYPTION_KEY and NEXTAUTH_SECRET");

    const second = await startAndStop();
    expect(readFileSync(secretsFile(), "utf8")).toBe(written);
    expect(second).not.toContain(".env.local");
    for (const value of Object.values(secrets)) expect(output + second).not.toContain(value);
  });

  it("that are missing are added below what the operator wrote", async () => {
    const own = `NEXTAUTH_SECRET="${secret()}"\nENCRYPTION_KEY=\nADMIN_EMAILS=me@example.org`;
    writeFileSync(secretsFile(), own, { mode: 0o600 });
    await startAndStop();
    const text = readFileSync(secretsFile(), "utf8");
    expect(text.startsWith(`${own}\nENCRYPTION_KEY=`)).toBe(true);
    expect(text.slice(own.length)).not.toContain("NEXTAUTH_SECRET");
  });

  it("stay unwritten when the environment gives them", async () => {
    await startAndStop({ ENCRYPTION_KEY: secret(), NEXTAUTH_SECRET: secret() });
    expect(existsSync(secretsFile())).toBe(false);
  });

  it("are not made anew over a database that only the lost key opens", async () => {
    mkdirSync(join(clone.folder, ".data", "pg"), { recursive: true });
    const run = boot(["start"], { NEXTAUTH_SECRET: secret() });
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain("ENCRYPTION_KEY: it is missing, but .data/pg holds keys that only it opens");
    expect(existsSync(secretsFile())).toBe(false);
  });

  it("reach the server but not the build", async () => {
    appendFileSync(secretsFile(), "OPENROUTER_API_KEY=sk-or-v1-canary\n", { mode: 0o600 });
    await startAndStop({ METRICS_TOKEN: "canary-canary-canary" });
    const [build, start] = calls();
    const secrets = ["ENCRYPTION_KEY", "NEXTAUTH_SECRET", "OPENROUTER_API_KEY", "METRICS_TOKEN"];
    expect(build?.command).toBe("build");
    expect(start?.names).toEqual(expect.arrayContaining(secrets));
    for (const name of secrets) expect(build?.names).not.toContain(name);
  });
});

describe("a bad setting (S12)", () => {
  it.each([
    ["ENCRYPTION_KEY", "too-short"],
    ["NEXTAUTH_SECRET", "only-a-few-characters"],
    ["NEXT_PUBLIC_APP_URL", "http://chat.example.org"],
  ])("%s ends the start within 2 s, named, without its value", { retry: 2 }, async (name, value) => {
    const start = performance.now();
    const run = boot(["start"], { ENCRYPTION_KEY: secret(), NEXTAUTH_SECRET: secret(), [name]: value });
    expect(await run.ended).toBe(1);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(run.output()).toContain(name);
    expect(run.output()).not.toContain(value);
    expect(existsSync(join(clone.folder, "calls.jsonl"))).toBe(false);
  });

  it("PORT says what it must be", async () => {
    const run = boot(["start"], { PORT: "80a" });
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain("PORT: it must be a whole number from 1 to 65535");
  });
});

/** A killed process stays listed as a zombie (Z) until init has collected it. */
function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/^\d+ \(.*\) Z/.test(readFileSync(file, "utf8"));
}

describe("the app's life", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s ends everything that was started", async (signal) => {
    const run = boot(["start"]);
    const [, server, child] = await run.says(/pids (\d+) (\d+)/);
    await run.says(/Chatelaine runs on/);
    run.child.kill(signal);
    expect(await run.ended).toBeGreaterThan(128);
    await vi.waitFor(() => expect([server, child].map(Number).filter(isAlive)).toEqual([]));
  });

  it("ends with the server's own status when that ends, and takes what it left behind with it", async () => {
    const run = boot(["start"]);
    const [, , child] = await run.says(/pids (\d+) (\d+)/);
    await run.says(/Chatelaine runs on/);
    await fetch(`http://localhost:${port}/crash`).catch(() => undefined);
    expect(await run.ended).toBe(7);
    await vi.waitFor(() => expect(isAlive(Number(child))).toBe(false));
  });

  it("builds again only after a source file has changed", async () => {
    await startAndStop();
    await startAndStop();
    appendFileSync(join(clone.folder, "lib", "errors.ts"), "\n");
    await startAndStop();
    expect(calls().map(({ command }) => command)).toEqual(["build", "start", "start", "build", "start"]);
  });

  it("is refused a second time in one folder, on whatever port, until the first has ended, even by SIGKILL", async () => {
    const first = boot(["start"]);
    const [, server, child] = await first.says(/pids (\d+) (\d+)/);
    const second = boot(["start"], { PORT: String(await probePort(0)) });
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain("already running or being built in this folder");
    first.child.kill("SIGKILL");
    process.kill(Number(child));
    process.kill(Number(server));
    await first.ended;
    await startAndStop({ PORT: String(await probePort(0)) });
  });

  it("is refused a port that another program has, before anything takes long", async () => {
    const other = createServer().listen(Number(port));
    await once(other, "listening");
    const run = boot(["start"]);
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain(`Port ${port} is in use by another program`);
    expect(existsSync(secretsFile())).toBe(false);
    other.close();
  });

  it("takes its port from --port too, and refuses other arguments with status 2", async () => {
    const other = await probePort(0);
    const run = boot(["start", "--port", String(other)]);
    await run.says(new RegExp(`runs on http://localhost:${other}`));
    const wrong = boot(["start", "--prot", "1"]);
    expect(await wrong.ended).toBe(2);
  });
});
