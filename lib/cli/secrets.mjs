import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Fault, ROOT, say } from "./root.mjs";

const OTHERS_MAY_READ = 0o077;
const KEY_PLACES = ["ENCRYPTION_KEY", "ENCRYPTION_KEY_FILE", "VAULT_TRANSIT_KEY", "AWS_KMS_KEY_ID"];

/**
 * Sees to it that ENCRYPTION_KEY and NEXTAUTH_SECRET are set: what neither the environment nor the file gives is made
 * and written into the file (mode 600). What is there is never replaced.
 *
 * @param {Record<string, string>} environment as read from process and files
 * @param {{ file?: string }} [options]
 * @returns {Record<string, string>} the environment with the secrets
 * @throws Fault when an embedded database is there whose key is not: a fresh key would open nothing in it.
 */
export function ensureSecrets(environment, { file = join(ROOT, ".env.local") } = {}) {
  const fresh = freshSecrets(environment);
  const name = relative(ROOT, file);
  const database = resolve(ROOT, environment.DATA_DIR ?? ".data", "pg");
  if (fresh.ENCRYPTION_KEY && !environment.DATABASE_URL && existsSync(database)) {
    throw new Fault(
      `ENCRYPTION_KEY: it is missing, but ${relative(ROOT, database)} holds keys that only it opens. ` +
        `Put it back into ${name}. To start over without them, move ${relative(ROOT, database)} away.`,
    );
  }
  const added = Object.keys(fresh);
  if (added.length > 0) {
    const isNew = write(file, fresh);
    say(`${isNew ? "Wrote" : "Added to"} ${name}: ${added.join(" and ")}, fresh and random. Keep a copy of that file.`);
  }
  if (existsSync(file) && statSync(file).mode & OTHERS_MAY_READ) {
    say(`Warning: other users of this machine can read ${name}. Mend it with: chmod 600 ${name}`);
  }
  return { ...environment, ...fresh };
}

/** @param {Record<string, string>} environment */
function freshSecrets(environment) {
  const make = () => randomBytes(32).toString("base64");
  /** @type {Record<string, string>} */
  const fresh = {};
  if (!KEY_PLACES.some((name) => environment[name])) fresh.ENCRYPTION_KEY = make();
  if (!environment.NEXTAUTH_SECRET) fresh.NEXTAUTH_SECRET = make();
  return fresh;
}

/** @param {string} file @param {Record<string, string>} secrets */
function write(file, secrets) {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
  if (existsSync(file)) {
    const text = readFileSync(file, "utf8");
    appendFileSync(file, (text === "" || text.endsWith("\n") ? "" : "\n") + lines.join(""));
    return false;
  }
  mkdirSync(dirname(file), { recursive: true });
  const head = "# Made by Chatelaine. Without ENCRYPTION_KEY the stored API keys cannot be opened again.\n";
  writeFileSync(file, head + lines.join(""), { flag: "wx", mode: 0o600 });
  return true;
}
