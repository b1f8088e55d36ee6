import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { exportChains } from "@/lib/audit/export-chains";
import { readExport } from "@/lib/audit/read-export";
import { verifyAccounts } from "@/lib/audit/verify-accounts";
import { findAccountId } from "@/lib/auth/find-accounts";
import { closeConnection, db, sqlState } from "@/lib/db/client";
import { DataDirLockedError } from "@/lib/db/lock";
import { isMigrated } from "@/lib/db/migrate";
import { dataKeys } from "@/lib/db/schema";
import { EnvError, env } from "@/lib/env";
import { verifyKeyHistory } from "@/lib/keys/verify-key-history";
import { AUDIT_USAGE, type AuditArguments, readAuditArguments } from "./audit-arguments";
import { auditReport } from "./audit-report";

/** Something the operator can mend. */
class Refusal extends Error {
  readonly status: 1 | 2;
  constructor(message: string, status: 1 | 2 = 1) {
    super(message);
    this.status = status;
  }
}

async function verify({ user, heads, json }: Extract<AuditArguments, { command: "verify" }>): Promise<number> {
  if (heads !== undefined && !existsSync(heads)) throw new Refusal(`There is no file ${heads}.`);
  const userId = await accountOf(user);
  const exported = heads === undefined ? undefined : await readExport(createInterface(createReadStream(heads)));
  const database = await db();
  const chains = await verifyAccounts(database, { userId, exported });
  const keys = await verifyKeyHistory(database, userId);
  const { ok, text, data } = await auditReport({ chains, keys, exported });
  console.log(json ? JSON.stringify(data, null, 2) : text);
  return ok ? 0 : 1;
}

async function exportAll({ user, out }: Extract<AuditArguments, { command: "export" }>): Promise<number> {
  const userId = await accountOf(user);
  // Under another name until it is whole, so that a failure does not cost the last export.
  const part = out === undefined ? undefined : `${out}.part`;
  const target = part === undefined ? process.stdout : createWriteStream(part, { mode: 0o600 });
  for await (const line of exportChains(await db(), userId)) {
    if (!target.write(line)) await once(target, "drain");
  }
  if (out === undefined || part === undefined) return 0;
  target.end();
  await once(target, "finish");
  await rename(part, out);
  console.log(`Written to ${out}. Keep it where nobody who can write to the database can.`);
  return 0;
}

async function accountOf(user: string | undefined): Promise<string | undefined> {
  if (user === undefined) return undefined;
  const userId = await findAccountId(user);
  if (userId === undefined) throw new Refusal("There is no account with that e-mail address.");
  return userId;
}

/** Nothing is made or changed: neither a folder, nor tables, nor keys. */
async function requireDatabase(): Promise<void> {
  const { DATABASE_URL, DATA_DIR } = env();
  if (!DATABASE_URL && !existsSync(join(resolve(DATA_DIR), "pg"))) {
    throw new Refusal(`There is no database in ${DATA_DIR} yet: npm start makes it.`);
  }
  const database = await db();
  if (!(await isMigrated(database).catch(falseWithoutTables))) {
    throw new Refusal("The database is not of this version: npm start brings it up to date.");
  }
  if ((await database.select({ kid: dataKeys.kid }).from(dataKeys).limit(1)).length === 0) {
    throw new Refusal("The database holds no data keys: either the app never ran on it, or ai.data_keys was emptied.");
  }
}

function falseWithoutTables(error: unknown): false {
  if (["42P01", "3F000"].includes(sqlState(error) ?? "")) return false; // no such table, no such schema
  throw error;
}

async function main(): Promise<number> {
  const given = readAuditArguments(process.argv.slice(2));
  if (!given) throw new Refusal(AUDIT_USAGE, 2);
  await requireDatabase();
  return given.command === "verify" ? verify(given) : exportAll(given);
}

function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof DataDirLockedError) {
    return new Refusal("The app is running on the embedded database, which only one process may open. Stop it first.");
  }
  if (error instanceof EnvError) return new Refusal(error.message);
  // The drivers' own texts quote addresses and statements.
  const code = sqlState(error);
  return code ? new Refusal(`The database does not answer as it should (${code}). Check DATABASE_URL.`) : undefined;
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
