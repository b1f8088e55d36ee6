import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { settingNames } from "./env-file.mjs";
import { run } from "./processes.mjs";
import { Fault, ROOT, say } from "./root.mjs";

const LOCK_FILE = join(ROOT, "package-lock.json");
const STAMP = join(ROOT, "node_modules", ".chatelaine");

/** @typedef {{ version?: string; os?: string[]; cpu?: string[]; libc?: string[]; optional?: boolean }} LockEntry */

/** Whether node_modules holds what package-lock.json says, for this machine. */
export function isInstalled() {
  const wanted = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return true;
  if (!installedByHand()) return false;
  writeFileSync(STAMP, wanted);
  return true;
}

/** Installs exactly what the lock file names, when that is not there yet. @throws Fault */
export async function install() {
  if (isInstalled()) return;
  say("Installing packages …");
  const flags = [
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
  ];
  const [command, ...before] = npmCommand();
  const status = await run(command, [...before, "ci", ...flags], { env: npmEnvironment() });
  if (status !== 0) throw new Fault("The packages could not be installed: npm says why above. Then start again.");
  writeFileSync(STAMP, fingerprint());
}

function fingerprint() {
  const hash = createHash("sha256").update(readFileSync(LOCK_FILE)).digest("hex");
  return `${hash} ${process.platform}-${process.arch}`;
}

/** `npm install` leaves a record of what it installed: it counts when every package this machine needs is in it. */
function installedByHand() {
  const record = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  /** @type {[string, LockEntry][]} */
  const wanted = Object.entries(JSON.parse(readFileSync(LOCK_FILE, "utf8")).packages);
  const have = JSON.parse(readFileSync(record, "utf8")).packages;
  return wanted.every(([path, entry]) => path === "" || mayBeAbsent(entry) || have[path]?.version === entry.version);
}

/** npm leaves optional packages out unless they were built for this machine. @param {LockEntry} entry */
function mayBeAbsent({ os, cpu, libc, optional }) {
  const builtForHere = os?.includes(process.platform) && cpu?.includes(process.arch) && !libc?.includes("musl");
  return Boolean(optional) && !builtForHere;
}

/** The npm that was called, on the Node it was called with: the one in node_modules goes away while npm works. */
function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  if (npm && node && existsSync(node) && basename(npm).startsWith("npm-cli")) return [node, npm];
  return ["npm"];
}

/** npm gets its own settings but none of the app's. */
function npmEnvironment() {
  const ours = new Set(settingNames());
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.has(name)));
}
