import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { harmlessEnvironment } from "../env-file.mjs";
import { nextArguments, scriptArguments } from "../node-runtime.mjs";
import { probePort, waitForAnswer } from "../port.mjs";
import { ROOT } from "../root.mjs";
import { signIn, visitor } from "../visitor.mjs";
import type { Ask } from "./load";

const HOST = "127.0.0.1";
const MODEL = "openai/gpt-4o-mini";

export type Process = { url: string; pid: number; stop: () => Promise<void> };

async function start(args: string[], url: string, ready: string, env: Record<string, string> = {}): Promise<Process> {
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...harmlessEnvironment(), ...env } as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (!(await waitForAnswer(url + ready, 30_000))) throw new Error(`${args.join(" ")} did not start`);
  const stop = async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  return { url, pid: child.pid ?? 0, stop };
}

export async function startStandIn(): Promise<Process> {
  const port = await probePort(0, HOST);
  const args = scriptArguments(process.execPath, "lib/emulator/main.ts", ["--port", String(port), "--host", HOST]);
  return start(args, `http://${HOST}:${port}`, "/api/v1/models");
}

export async function startBareProxy(upstream: string): Promise<Process> {
  const port = await probePort(0, HOST);
  return start(["lib/cli/bench/bare-proxy.ts", upstream, String(port)], `http://${HOST}:${port}`, "/api/v1/models");
}

export type App = Process & { environment: Record<string, string>; restart: () => Promise<App> };

export async function startApp(environment: Record<string, string>): Promise<App> {
  const port = Number(environment.PORT);
  const url = `http://localhost:${port}`;
  const running = await start(nextArguments("start", "-p", String(port)), url, "/api/health/ready", environment);
  const restart = async () => {
    await running.stop();
    return startApp(environment);
  };
  return { ...running, environment, restart };
}

/** Settings of a fresh installation, with limits that a benchmark does not meet. */
export async function freshEnvironment(
  upstream: string,
  database: Record<string, string>,
): Promise<Record<string, string>> {
  return {
    NODE_ENV: "production",
    PORT: String(await probePort(0)),
    ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
    OPENROUTER_URL: upstream,
    RATE_LIMIT_FACTOR: "1000000",
    LOG_LEVEL: "warn",
    ...database,
  };
}

export type Person = { email: string; cookie: string };

/** Registers, signs in and connects OpenRouter through the stand-in's consent page, as a person would. */
export async function connectedPerson(app: string, standIn: string): Promise<Person> {
  const browser = visitor(app);
  const account = { email: `${randomUUID()}@example.org`, password: randomBytes(12).toString("hex") };
  await browser.post("/api/auth/register", account);
  await signIn(browser, account);
  const asked = await browser.get("/api/openrouter/connect");
  const consent = new URL(asked.headers.get("location") ?? "", standIn);
  consent.searchParams.set("decision", "allow");
  const allowed = await fetch(`${standIn}/auth`, { method: "POST", body: consent.searchParams, redirect: "manual" });
  const callback = new URL(allowed.headers.get("location") ?? "", app);
  await browser.get(callback.pathname + callback.search);
  const status = await (await browser.get("/api/openrouter/status")).json();
  if (status.connected !== true) throw new Error("OpenRouter was not connected");
  return { email: account.email, cookie: browser.cookie() };
}

/** A question to the app: in a new conversation each time, or in the given one. */
export function askApp(app: string, { cookie }: Person, conversation?: string): Ask {
  return () => ({
    url: `${app}/api/chat`,
    headers: { cookie, origin: app },
    body: JSON.stringify({
      id: conversation ?? randomUUID(),
      model: MODEL,
      message: { id: randomUUID(), role: "user", parts: [{ type: "text", text: "Tell me about keys." }] },
    }),
    firstToken: '"type":"text-delta"',
  });
}

export async function pressStop(app: string, { cookie }: Person, conversation: string): Promise<void> {
  const headers = { cookie, origin: app };
  const answer = await fetch(`${app}/api/chat/${conversation}/stop`, { method: "POST", headers });
  if (answer.status !== 204) throw new Error(`Stop was refused: ${answer.status}`);
}

/** The same question straight to OpenRouter's wire. */
export const askUpstream =
  (url: string, apiKey: string): Ask =>
  () => ({
    url: `${url}/api/v1/chat/completions`,
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({
      model: MODEL,
      stream: true,
      max_tokens: 8192,
      messages: [{ role: "user", content: "Tell me about keys." }],
    }),
    firstToken: '"content":"',
  });

export async function control<Answer>(standIn: string, path: string, body?: unknown): Promise<Answer> {
  const init =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${standIn}/__control/${path}`, init);
  if (!response.ok) throw new Error(`the stand-in refused ${path}: ${response.status}`);
  return (await response.json()) as Answer;
}

/** Runs the seeding script against a database that no server has open. */
export async function seed(environment: Record<string, string>, args: string[]): Promise<void> {
  const child = spawn(process.execPath, scriptArguments(process.execPath, "lib/cli/bench/seed.ts", args), {
    cwd: ROOT,
    env: { ...harmlessEnvironment(), ...environment } as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [status] = await once(child, "exit");
  if (status !== 0) throw new Error("seeding failed");
}
