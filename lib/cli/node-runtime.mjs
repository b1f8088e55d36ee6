import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Fault, ROOT, say } from "./root.mjs";

/** The first Node that runs TypeScript as it is; 22.13 brought the SQLite file lock of lib/db/lock.ts. */
const LEAST = [22, 18];

/**
 * The Node to run the app with: the one npm brought, or else the host's.
 *
 * @returns {string} path of the binary
 */
export function pickNode() {
  const brought = join(ROOT, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(brought) && spawnSync(brought, ["--version"]).status === 0) return brought;
  if (!recentEnough(process.versions.node)) {
    say(
      `Warning: running on Node ${process.versions.node}, because npm brings no Node 24 for ${process.platform}-${process.arch}. ` +
        "The embedded database and the operator's commands need Node 22.18 or newer: install Node 24.",
    );
  }
  return process.execPath;
}

/** @param {string} version */
function recentEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}

/** Whether this Node can run our TypeScript files. @param {string} node */
export const runsTypeScript = (node) => node !== process.execPath || recentEnough(process.versions.node);

/**
 * Arguments that run one of our TypeScript files on Node.
 *
 * @param {string} node @param {string} script @param {string[]} [args]
 */
export function scriptArguments(node, script, args = []) {
  if (!runsTypeScript(node)) throw new Fault(`${script} needs Node 22.18 or newer. Install Node 24.`);
  const flags = [
    "--conditions=react-server",
    "--import",
    "./lib/cli/register.mjs",
    "--disable-warning=ExperimentalWarning",
  ];
  return [...flags, script, ...args];
}

/** Next's own command, started without npm or a shell in between, so that signals reach it. @param {string[]} args */
export const nextArguments = (...args) => [join("node_modules", "next", "dist", "bin", "next"), ...args];
