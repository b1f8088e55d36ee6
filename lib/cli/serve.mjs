import { NEXT_ENVIRONMENT } from "./env-file.mjs";
import { nextArguments, runsTypeScript, scriptArguments } from "./node-runtime.mjs";
import { waitForAnswer } from "./port.mjs";
import { endAll, exited, launch, run } from "./processes.mjs";
import { Fault, say } from "./root.mjs";

const UP_WITHIN_MS = 60_000;
/** A core file, a debugger opened by a signal, or a crash report would hand out the keys in memory (security.md, S23). */
const CLOSED_DOORS = ["--disable-sigusr1", "--report-exclude-env"];

/** @typedef {{ node: string; environment: Record<string, string>; port: number; host?: string; dev?: boolean }} Serving */

/**
 * Reads the environment as the app will, before anything takes long.
 *
 * @param {string} node @param {Record<string, string>} environment
 * @throws Fault the program has said which variable is at fault, why, and how to mend it
 */
export async function checkEnvironment(node, environment) {
  if (!runsTypeScript(node)) return; // the server checks as well, only later
  const status = await run(node, scriptArguments(node, "lib/cli/check-env.ts"), { env: environment });
  if (status !== 0) throw new Fault("Nothing was started.", status);
}

/**
 * Runs the app.
 *
 * @param {Serving} serving
 * @returns {{ up: Promise<boolean>; ended: Promise<number> }} whether it answers, and its exit status
 */
export function serve({ node, environment, port, host, dev = false }) {
  const next = nextArguments(dev ? "dev" : "start", "-p", String(port), ...(host ? ["-H", host] : []));
  const doors = dev || !runsTypeScript(node) ? [] : CLOSED_DOORS;
  const { NODE_ENV: _, ...settings } = environment;
  const env = { ...settings, ...NEXT_ENVIRONMENT, PORT: String(port), ...(dev ? {} : { NODE_ENV: "production" }) };
  /** @type {import("node:child_process").StdioOptions} */
  const stdio = ["ignore", dev ? "pipe" : "inherit", "inherit"];
  const server = launch("sh", ["-c", 'ulimit -c 0; exec "$@"', "sh", node, ...doors, ...next], { env, stdio });
  if (dev) import("pino-pretty").then(({ default: pretty }) => server.stdout?.pipe(pretty()));
  const gone = new AbortController();
  const ended = exited(server).finally(() => gone.abort());
  const up = waitForAnswer(`http://localhost:${port}/api/health`, UP_WITHIN_MS, gone.signal);
  return { up, ended };
}

/** Says where the app is, then stays until it ends. @param {Serving} serving @returns {Promise<number>} its status */
export async function serveAndAnnounce(serving) {
  const { up, ended } = serve(serving);
  up.then((answers) => answers && say(`\nChatelaine runs on ${addressOf(serving)}\n`));
  const status = await ended;
  await endAll();
  return status;
}

/** @param {Serving} serving */
export const addressOf = ({ environment, port }) => environment.NEXT_PUBLIC_APP_URL ?? `http://localhost:${port}`;
