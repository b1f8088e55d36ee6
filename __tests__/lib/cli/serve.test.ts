import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clone, makeClone, type Run } from "@/__tests__/support/clone";
import { probePort } from "@/lib/cli/port.mjs";

const key = randomBytes(32).toString("base64");
let clone: Clone;
let run: Run;
let pid: string;

beforeAll(async () => {
  clone = makeClone();
  writeFileSync(join(clone.folder, "key"), `${key}\n`, { mode: 0o600 });
  run = clone.boot(["start"], {
    PORT: String(await probePort(0)),
    NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
    ENCRYPTION_KEY_FILE: "key",
  });
  pid = (await run.says(/pids (\d+) \d+/))[1] ?? "";
  await run.says(/Chatelaine runs on/);
});
afterAll(async () => {
  run?.child.kill("SIGTERM");
  await run?.ended;
  clone?.remove();
});

const kernelSays = (name: string) => readFileSync(`/proc/${pid}/${name}`, "latin1");

describe.skipIf(process.platform !== "linux")("S23 the process that npm start starts", () => {
  it("writes no core file, whatever ends it", () => {
    expect(kernelSays("limits")).toMatch(/^Max core file size +0 +0 +bytes/m);
  });

  it("opens no debugger on a signal, and no report of it names the environment", () => {
    const options = kernelSays("cmdline").split("\0");
    expect(options).toContain("--disable-sigusr1");
    expect(options).toContain("--report-exclude-env");
    const caught = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(kernelSays("status"))?.[1]}`);
    const SIGUSR1 = 10n;
    expect((caught >> (SIGUSR1 - 1n)) & 1n).toBe(0n); // Node has no handler for it
  });

  it("has no encryption key in its environment when that is in a file", () => {
    expect(kernelSays("environ")).toContain("ENCRYPTION_KEY_FILE=");
    expect(kernelSays("environ")).not.toContain(key.slice(0, -1));
  });
});
