import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "chatelaine-emulator-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function start(...parameters: string[]) {
  const child = spawn(process.execPath, ["lib/emulator/main.ts", ...parameters], { cwd: ROOT });
  children.push(child);
  let output = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stderr.on("data", (part) => {
    output += part;
  });
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (part) => {
      output += part;
      if (output.includes("\n")) resolve();
    });
    child.once("exit", () => resolve());
  });
  return { child, ended, output: () => output, url: /http:\S+/.exec(output)?.[0] ?? "" };
}

it.each(["SIGTERM", "SIGINT"] as const)(
  "says where it listens in one line, and ends with status 0 on %s",
  async (signal) => {
    const { child, ended, output, url } = await start("--port", "0");
    expect((await fetch(`${url}/api/v1/models`)).status).toBe(200);
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(output()).toBe(`OpenRouter stand-in listening on ${url}\n`);
  },
);

it("knows the keys of an earlier run by hash when it is given a file", async () => {
  const file = join(folder, "keys.json");
  const first = await start("--port", "0", "--demo", "--data", file);
  const created = await fetch(`${first.url}/__control/keys`, { method: "POST" });
  const { key, hash } = await created.json();
  const ofXai = await fetch(`${first.url}/__control/provider-keys`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider: "xai" }),
  });
  const { key: xaiKey } = await ofXai.json();
  first.child.kill("SIGTERM");
  await first.ended;
  const saved = readFileSync(file, "utf8");
  expect(saved).toContain(hash);
  expect(saved).not.toContain(key.slice(20));
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const second = await start("--port", "0", "--data", file);
  const response = await fetch(`${second.url}/api/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  const authorization = `Bearer ${xaiKey}`;
  expect((await fetch(`${second.url}/xai/v1/api-key`, { headers: { authorization } })).status).toBe(200);
});

it.each([
  ["--port", "nowhere"],
  ["--prot", "1"],
])("refuses bad usage: %s %s", async (...parameters) => {
  const { ended, output } = await start(...parameters);
  expect(await ended).toBe(2);
  expect(output()).toContain(parameters[0]);
});
