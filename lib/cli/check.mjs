import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { harmlessEnvironment } from "./env-file.mjs";
import { nextArguments } from "./node-runtime.mjs";
import { exited, launch } from "./processes.mjs";
import { ROOT, say } from "./root.mjs";

const bin = (/** @type {string[]} */ ...path) => join("node_modules", ...path);

/** @typedef {{ status: number; output: string }} Outcome */

/**
 * Types, lint, unused code and migration drift, two at a time.
 *
 * @param {string} node
 * @returns {Promise<{ passed: number; failed: number }>}
 */
export async function check(node) {
  /** @type {[string, () => Promise<Outcome>][]} */
  const steps = [
    ["types", () => types(node)],
    ["lint", () => tool(node, [bin("@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings"])],
    ["unused code", () => tool(node, [bin("knip", "bin", "knip.js"), "--no-progress"])],
    ["migration drift", () => migrationDrift(node)],
  ];
  const totals = { passed: 0, failed: 0 };
  const queue = [...steps];
  const work = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) totals[await report(...step)]++;
  };
  await Promise.all([work(), work()]);
  return totals;
}

/** @param {string} name @param {() => Promise<Outcome>} step @returns {Promise<"passed" | "failed">} */
export async function report(name, step) {
  const start = Date.now();
  const { status, output } = await step();
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  say(`${status === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
  if (status !== 0 && output) say(output.trimEnd());
  return status === 0 ? "passed" : "failed";
}

/** Next writes the types of routes and of CSS imports, which a fresh clone lacks. @param {string} node */
async function types(node) {
  const generated = await tool(node, nextArguments("typegen"));
  return generated.status === 0 ? tool(node, [bin("typescript", "bin", "tsc"), "--noEmit", "--pretty"]) : generated;
}

/**
 * Lets drizzle-kit write the migration that is missing into a copy of drizzle/: it must find nothing to write.
 *
 * @param {string} node @param {string} [schema]
 * @returns {Promise<Outcome>}
 */
export async function migrationDrift(node, schema = "./lib/db/schema/index.ts") {
  const folder = mkdtempSync(join(tmpdir(), "chatelaine-drift-"));
  try {
    cpSync(join(ROOT, "drizzle"), folder, { recursive: true });
    const args = ["generate", "--dialect=postgresql", `--schema=${schema}`, `--out=${relative(ROOT, folder)}`];
    const { status, output } = await tool(node, [bin("drizzle-kit", "bin.cjs"), ...args]);
    const before = readdirSync(join(ROOT, "drizzle"));
    const missing = readdirSync(folder).filter((name) => !before.includes(name));
    if (status === 0 && missing.length === 0 && output.includes("No schema changes")) return { status: 0, output: "" };
    const sql = missing.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
    return {
      status: 1,
      output: `drizzle/ lacks what the schema says. Run: npx drizzle-kit generate\n${sql || output}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs one of the packages' tools on Node and collects what it says. @param {string} node @param {string[]} args @returns {Promise<Outcome>} */
async function tool(node, args) {
  const child = launch(node, args, { env: harmlessEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  return { status: await exited(child), output };
}
