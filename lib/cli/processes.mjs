import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ROOT } from "./root.mjs";

/** Longer than the server gives its last answers (instrumentation.ts), so that it closes the database itself. */
const GRACE_MS = 15_000;

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */
/** @type {Set<ChildProcess>} */
const running = new Set();
/** @type {NodeJS.Signals | undefined} */
let asked;

/**
 * Starts a program at the head of a process group of its own, so that whatever it starts in turn ends with it.
 *
 * @param {string} command @param {string[]} args
 * @param {{ env: Record<string, string | undefined>; stdio?: import("node:child_process").StdioOptions }} options
 */
export function launch(command, args, { env, stdio = ["ignore", "inherit", "inherit"] }) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio, detached: true });
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    signalGroup(child, "SIGKILL"); // stragglers of the group
  });
  child.once("error", () => running.delete(child));
  return child;
}

/** @param {ChildProcess} child @returns {Promise<number>} its exit status, 128 + n after signal n */
export function exited(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
  });
}

/** Runs a program to its end. @type {(...given: Parameters<typeof launch>) => Promise<number>} */
export const run = async (...given) => untilAsked(await exited(launch(...given)));

/** Ends everything that was started and waits for it. @param {NodeJS.Signals} [signal] */
export async function endAll(signal = "SIGTERM") {
  const children = [...running];
  const ends = children.map((child) => exited(child).catch(() => 1));
  for (const child of children) signalGroup(child, signal);
  const timer = setTimeout(() => {
    for (const child of children) signalGroup(child, "SIGKILL");
  }, GRACE_MS);
  await Promise.all(ends);
  clearTimeout(timer);
}

/** Passes SIGTERM, SIGINT and SIGHUP on; the second one in a row no longer waits. */
export function forwardSignals() {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, async () => {
      const again = asked !== undefined;
      asked ??= signal;
      await endAll(again ? "SIGKILL" : signal === "SIGHUP" ? "SIGTERM" : signal);
      process.exit(128 + constants.signals[asked]);
    });
  }
}

/** A step that was ended by a signal is not followed by the next one: the signal's handler exits. @param {number} code */
const untilAsked = (code) => (asked ? /** @type {Promise<number>} */ (new Promise(() => {})) : code);

/** @param {ChildProcess} child @param {NodeJS.Signals} signal */
function signalGroup(child, signal) {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error; // it has ended already
  }
}
