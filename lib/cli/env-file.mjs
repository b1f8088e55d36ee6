import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.mjs";

/** What a build, a test or the demo may see of the operator's environment: nothing that could hold a secret. */
const HARMLESS =
  /^(PATH|HOME|USER|SHELL|LANG|LC_\w+|TZ|TERM|TMPDIR|CI|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|CHROMIUM_PATH)$/;

/**
 * Reads the lines NAME=value of an environment file. Values may be quoted; an unquoted one ends at ` #`. Nothing is
 * expanded: a `$` in a password stays one.
 *
 * @param {string} text
 * @returns {Record<string, string>} the last line of a name wins, an empty value counts as none.
 */
export function parseEnvFile(text) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, raw] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/.exec(line) ?? [];
    if (name === undefined || raw === undefined) continue;
    const value = /^\s*(?:"(.*)"|'(.*)')\s*(?:#.*)?$/.exec(raw);
    const plain = value ? (value[1] ?? value[2] ?? "") : raw.replace(/(^|\s)#.*$/, "").trim();
    if (plain !== "") values[name] = plain;
  }
  return values;
}

/** @param {string} path */
export const readEnvFile = (path) => (existsSync(path) ? parseEnvFile(readFileSync(path, "utf8")) : {});

/**
 * The app's environment: the process's own, then `.env.local`, then `.env`. Empty means unset. npm's variables stay
 * out: the server has no use for them.
 *
 * @param {{ root?: string; given?: Record<string, string | undefined> }} [options]
 * @returns {Record<string, string>}
 */
export function readEnvironment({ root = ROOT, given = process.env } = {}) {
  const own = Object.entries(given).filter(([name, value]) => value && !name.startsWith("npm_"));
  return {
    ...readEnvFile(join(root, ".env")),
    ...readEnvFile(join(root, ".env.local")),
    .../** @type {Record<string, string>} */ (Object.fromEntries(own)),
  };
}

/**
 * Where Next and its children run without the operator's secrets.
 *
 * @param {Record<string, string | undefined>} [given]
 * @returns {Record<string, string>}
 */
export function harmlessEnvironment(given = process.env) {
  const kept = Object.entries(given).filter(([name, value]) => value && HARMLESS.test(name));
  return { .../** @type {Record<string, string>} */ (Object.fromEntries(kept)), ...NEXT_ENVIRONMENT };
}

/** Next must not read the environment files a second time, with rules of its own, nor in builds and tests at all. */
export const NEXT_ENVIRONMENT = { NEXT_TELEMETRY_DISABLED: "1", __NEXT_PROCESSED_ENV: "true" };

/** Every name the app reads. @returns {string[]} */
export function settingNames() {
  const example = readFileSync(join(ROOT, ".env.example"), "utf8");
  return [...example.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1] ?? "");
}
