import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { mayRead, OVERLAP_BYTES, writableMemory } from "@/__tests__/support/memory";
import { scriptArguments } from "@/lib/cli/node-runtime.mjs";
import { ROOT } from "@/lib/cli/root.mjs";

const KEYS = 50;
const COLLECTIONS = 5;

/** The searched process makes the same mark out of the same seed: it is never told what is searched for. */
const seed = randomBytes(16).toString("hex");
const mark = createHash("sha256").update(seed).digest("hex").slice(0, 16);

/** A process that seals and opens keys, and forgets them when told to. */
async function startHolder() {
  const args = scriptArguments(process.execPath, "__tests__/support/key-holder.ts", [seed, String(KEYS)]);
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: "test" as const,
    LOG_LEVEL: "silent",
    ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
  };
  const child = spawn(process.execPath, ["--expose-gc", ...args], {
    cwd: ROOT,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect(await lines.next()).toMatchObject({ value: "ready" });
  return {
    pid: child.pid ?? 0,
    async tell(step: "use" | "forget") {
      child.stdin.write(`${step}\n`);
      expect(await lines.next()).toMatchObject({ value: "done" });
    },
    async end() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** What a process's writable memory holds of the keys: whole ones, each counted once, and traces of any, also in UTF-16. */
function searchMemory(pid: number): { keys: number; traces: number } {
  const keys = new Set<string>();
  const wholeKey = new RegExp(`^${mark}[0-9a-f]{32}${mark}`);
  let traces = 0;
  for (const chunk of writableMemory(pid)) {
    for (const encoding of ["latin1", "utf16le"] as const) {
      const needle = Buffer.from(mark, encoding);
      for (let at = chunk.indexOf(needle); at >= 0; at = chunk.indexOf(needle, at + 1)) {
        traces += 1;
        const [whole] = wholeKey.exec(chunk.toString(encoding, at, at + OVERLAP_BYTES)) ?? [];
        if (whole) keys.add(whole);
      }
    }
  }
  return { keys: keys.size, traces };
}

it.skipIf(process.platform !== "linux")(
  "S22 no trace of 50 keys that were sealed and opened is left in memory once they are let go and it is compacted",
  { timeout: 120_000 },
  async ({ skip }) => {
    const holder = await startHolder();
    try {
      if (!mayRead(holder.pid)) skip("this system lets nobody read another process's memory");
      await holder.tell("use");
      expect(searchMemory(holder.pid).keys).toBe(KEYS); // the search finds what is there
      let left = { keys: KEYS, traces: KEYS };
      for (let round = 0; round < COLLECTIONS && left.traces > 0; round++) {
        await holder.tell("forget");
        left = searchMemory(holder.pid);
      }
      expect(left).toEqual({ keys: 0, traces: 0 });
    } finally {
      await holder.end();
    }
  },
);
