import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "@/lib/cli/root.mjs";

const COPIED = ["lib", "drizzle", ".env.example", "package.json", "tsconfig.json"];

/** Stands in for Next: `build` and `start` write down what they were given; `start` serves, with a child of its own. */
const NEXT = `
const { appendFileSync, mkdirSync, writeFileSync } = require("node:fs");
const { spawn } = require("node:child_process");
const [command, , port] = process.argv.slice(2);
appendFileSync("calls.jsonl", JSON.stringify({ command, names: Object.keys(process.env) }) + "\\n");
if (command === "build") {
  mkdirSync(".next", { recursive: true });
  writeFileSync(".next/BUILD_ID", "1");
} else {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  console.log("pids " + process.pid + " " + child.pid);
  require("node:http").createServer((request, response) => {
    if (request.url === "/crash") process.exit(7);
    response.end("ok");
  }).listen(port);
}
`;

export type Clone = {
  folder: string;
  /** Starts `node lib/cli/boot.mjs …` there, with nothing but what is given in its environment. */
  boot(args: string[], env?: Record<string, string>): Run;
  remove(): void;
};

export type Run = {
  child: ChildProcess;
  output(): string;
  /** Waits for a text among what was printed. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit status. */
  ended: Promise<number | null>;
};

/** A copy of this project with its packages linked in and a stand-in for Next, so that commands can be run for real. */
export function makeClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), "chatelaine-clone-"));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  linkPackages(folder);
  const next = join(folder, "node_modules", "next", "dist", "bin", "next");
  mkdirSync(dirname(next), { recursive: true });
  writeFileSync(next, NEXT);
  return {
    folder,
    boot: (args, env = {}) => run(folder, ["lib/cli/boot.mjs", ...args], env),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function linkPackages(folder: string): void {
  const packages = join(folder, "node_modules");
  mkdirSync(packages);
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name !== "next" && !name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(packages, name));
  }
  // Both lists empty: all is installed, and no test ever starts an installation.
  for (const record of ["package-lock.json", "node_modules/.package-lock.json"]) {
    writeFileSync(join(folder, record), JSON.stringify({ packages: {} }));
  }
}

function run(folder: string, args: string[], env: Record<string, string>): Run {
  const base = { PATH: process.env.PATH ?? "", HOME: folder, TMPDIR: folder, NODE_ENV: "test" as const };
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...base, ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  const says = async (pattern: RegExp) => {
    for (let match = pattern.exec(output); ; match = pattern.exec(output)) {
      if (match) return match;
      if (child.exitCode !== null) throw new Error(`It ended without saying ${pattern}:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, output: () => output, says, ended };
}
