import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { harmlessEnvironment } from "@/lib/cli/env-file.mjs";
import { probePort } from "@/lib/cli/port.mjs";
import { ROOT } from "@/lib/cli/root.mjs";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";

const UP_WITHIN_MS = 30_000;
const GONE_WITHIN_MS = 15_000;

export type Server = {
  /** Origin, as a browser types it. */
  url: string;
  pid: number;
  /** What it ran with: hand it to `startServer` again for the same database, secrets and port. */
  env: Record<string, string>;
  /** Everything it has printed. */
  output(): string;
  /** SIGTERM, then waits; removes the data folder unless one was given. Returns the exit status. */
  stop(): Promise<number | null>;
  /** As a crash: nothing is closed, the data folder stays. */
  kill9(): Promise<void>;
};

type ServerOptions = {
  env?: Record<string, string>;
  /** Flags of Node itself. */
  flags?: string[];
  /** `alive`: it answers, but may be locked. */
  until?: "ready" | "alive";
};

/** Runs the built app with a database and secrets of its own, and waits until it is ready. */
export async function startServer({ env = {}, flags = [], until = "ready" }: ServerOptions = {}): Promise<Server> {
  if (!existsSync(join(ROOT, ".next", "BUILD_ID")))
    throw new Error("There is no build: run npm test, which makes one.");
  const ownFolder = env.DATA_DIR ? undefined : await mkdtemp(join(tmpdir(), "chatelaine-server-"));
  const port = env.PORT ?? String(await probePort(0));
  const url = `http://localhost:${port}`;
  const full = {
    ...harmlessEnvironment(),
    ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
    ...standInSettings("http://127.0.0.1:9"), // nothing listens there: a test that needs a provider says so
    ...(ownFolder && { DATA_DIR: ownFolder }),
    ...env,
    PORT: port,
    NODE_ENV: "production" as const,
  };
  const next = join("node_modules", "next", "dist", "bin", "next");
  const child = spawn(process.execPath, [...flags, next, "start", "-p", port], { cwd: ROOT, env: full, stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
  const end = (signal: NodeJS.Signals) => endChild(child, signal);

  try {
    await untilReady(child, `${url}/api/health${until === "ready" ? "/ready" : ""}`);
  } catch (error) {
    await end("SIGKILL");
    throw new Error(`The server did not get ready.\n${output}`, { cause: error });
  }
  return {
    url,
    pid: child.pid ?? 0,
    env: full,
    output: () => output,
    stop: async () => {
      const status = await end("SIGTERM");
      if (ownFolder) await rm(ownFolder, { recursive: true, force: true });
      return status;
    },
    kill9: async () => {
      await end("SIGKILL");
    },
  };
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, "exit");
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), GONE_WITHIN_MS);
  await gone;
  clearTimeout(late);
  return child.exitCode;
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const end = Date.now() + UP_WITHIN_MS;
  let last: unknown = "no answer";
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`It ended with status ${child.exitCode}`);
    try {
      const response = await fetch(url);
      if (response.ok) return;
      last = response.status;
    } catch (error) {
      last = error;
    }
    await delay(100);
  }
  throw new Error(`Not ready after ${UP_WITHIN_MS} ms: ${String(last)}`);
}
