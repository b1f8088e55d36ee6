import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { closeConnection, db } from "@/lib/db/client";
import { env } from "@/lib/env";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { type KeyWork, type KeyWorkProgress, runKeyWork } from "@/lib/keys/key-work";
import type { KeyToStore, StoredKey } from "@/lib/keys/store-keys";
import { type ImportWork, runImportWork } from "@/lib/operator/import-work";
import { askServer } from "./admin-client";
import { keysImport } from "./keys-import";
import { keysReport, progressLine } from "./keys-report";
import { Refusal, refusalOf, requireMigrated } from "./refusal";

const USAGE = `Usage: npm run keys -- status [--json]
       npm run keys -- rotate [--data] [--dry-run] [--force] [--json]
       npm run keys -- verify [--json]
       npm run keys -- disable --kid KID [--json]
       npm run keys -- enable --kid KID [--json]
       npm run keys -- destroy --kid KID --backups-gone [--json]
       npm run keys -- unused --days N [--json]
       npm run keys -- import --from FORM --file FILE [--dry-run] [--json]`;

const flag = { type: "boolean", default: false } as const;
const text = { type: "string" } as const;
const OPTIONS = {
  ...{ json: flag, data: flag, "dry-run": flag, force: flag, "backups-gone": flag },
  ...{ days: text, kid: text },
} as const;
const ALLOWED: Record<string, string[]> = {
  status: [],
  rotate: ["data", "dry-run", "force"],
  verify: [],
  unused: ["days"],
  disable: ["kid"],
  enable: ["kid"],
  destroy: ["kid", "backups-gone"],
};

async function readArguments(): Promise<{ work: KeyWork; json: boolean }> {
  try {
    const { values, positionals, tokens } = parseArgs({ allowPositionals: true, options: OPTIONS, tokens: true });
    const [command = "", ...rest] = positionals;
    const given = tokens.flatMap((token) => (token.kind === "option" && token.name !== "json" ? [token.name] : []));
    const fits = rest.length === 0 && given.every((name) => ALLOWED[command]?.includes(name));
    const { json, data, "dry-run": dryRun, force, days = "", kid = "", "backups-gone": backupsGone } = values;
    if (fits && (command === "status" || command === "verify")) return { work: { command }, json };
    if (fits && command === "unused" && /^\d{1,5}$/.test(days)) return { work: { command, days: Number(days) }, json };
    if (fits && /^[\w-]{22}$/.test(kid)) {
      if (command === "disable" || command === "enable") return { work: { command, kid }, json };
      if (command === "destroy") return { work: { command, kid, backupsGone }, json };
    }
    if (fits && command === "rotate") {
      return { work: { command, data, dryRun, force, kekId: (await configuredKeks()).primary.id }, json };
    }
  } catch (error) {
    if (!String((error as { code?: string }).code).startsWith("ERR_PARSE_ARGS")) throw error;
  }
  throw new Refusal(USAGE, 2);
}

/** Over Postgres here; with the embedded database through the server that holds it, or here when none runs. */
async function run<Result>(work: object, here: () => Promise<Result>): Promise<Result> {
  const { DATABASE_URL, DATA_DIR } = env();
  if (!DATABASE_URL) {
    if (!existsSync(join(resolve(DATA_DIR), "pg"))) {
      throw new Refusal(`There is no database in ${DATA_DIR} yet: npm start makes it.`);
    }
    const result = await askServer<Result>(DATA_DIR, work, tell);
    if (result) return result;
  }
  await requireMigrated(await db());
  return await here();
}

function tell(progress: KeyWorkProgress): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${progressLine(progress)}` : `${progressLine(progress)}\n`);
}

/** Sends the few keys of one call where the database is; the socket is its owner's alone. */
async function storeImported(keys: KeyToStore[], dryRun: boolean): Promise<StoredKey[]> {
  const work: ImportWork = { command: "import", dryRun, keys };
  return await run(work, () => runImportWork(work));
}

async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  if (command === "import") return await keysImport(args, storeImported);
  const { work, json } = await readArguments();
  const result = await run(work, () => {
    setPriority(constants.priority.PRIORITY_LOW); // whoever chats on this machine comes first
    return runKeyWork(work, tell);
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  console.log(json ? JSON.stringify(result, null, 2) : keysReport(result));
  return result.ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const refusal = refusalOf(error);
  if (!refusal) throw error;
  console.error(refusal.message);
  process.exitCode = refusal.status;
} finally {
  await closeConnection();
}
process.exit();
