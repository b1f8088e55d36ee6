import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { harmlessEnvironment } from "./env-file.mjs";
import { nextArguments } from "./node-runtime.mjs";
import { run } from "./processes.mjs";
import { Fault, ROOT, say } from "./root.mjs";

const STAMP = join(ROOT, ".next", "chatelaine-stamp");
const FOLDERS = ["app", "lib", "public"];
/** Programs of their own: no page or route imports them. */
const NOT_BUILT = /^lib\/(cli|emulator|bench)\//;
const CONFIG_FILE = /^(?!next-env\.d|vitest\.|drizzle\.|knip\.|biome\.).+\.(ts|mts|mjs|json)$/;

/** One hash over the content of all that a build depends on. @param {string} [root] */
export function sourceHash(root = ROOT) {
  const folders = FOLDERS.filter((name) => existsSync(join(root, name)));
  const nested = folders.flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map((path) => join(name, path)),
  );
  const files = [...readdirSync(root).filter((name) => CONFIG_FILE.test(name)), ...nested]
    .filter((path) => !NOT_BUILT.test(path) && statSync(join(root, path)).isFile())
    .sort();
  const hash = createHash("sha256");
  for (const path of files) {
    const content = createHash("sha256")
      .update(readFileSync(join(root, path)))
      .digest("hex");
    hash.update(`${path}\0${content}\n`);
  }
  return hash.digest("hex");
}

export const isBuilt = () =>
  existsSync(join(ROOT, ".next", "BUILD_ID")) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === sourceHash();

/** Builds what is out of date, without any of the operator's settings. @param {string} node @throws Fault */
export async function build(node) {
  if (isBuilt()) return;
  say("Building …");
  rmSync(STAMP, { force: true });
  const hash = sourceHash();
  const status = await run(node, nextArguments("build"), {
    env: { ...harmlessEnvironment(), NODE_ENV: "production" },
  });
  if (status !== 0) throw new Fault("The build failed: the reason stands above.");
  writeFileSync(STAMP, hash);
}
