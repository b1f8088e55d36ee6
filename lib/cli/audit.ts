import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { closeConnection, db } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { type AuditResult, type AuditVerdict, type AuditWork, runAuditWork } from "@/lib/operator/audit-work";
import { askServer } from "./admin-client";
import { AUDIT_USAGE, readAuditArguments } from "./audit-arguments";
import { auditReport } from "./audit-report";
import { Refusal, refusalOf, requireMigrated } from "./refusal";

async function main(): Promise<number> {
  const given = readAuditArguments(process.argv.slice(2));
  if (!given) throw new Refusal(AUDIT_USAGE, 2);
  const { user } = given;
  if (given.command === "export") {
    if (given.out === undefined) return printExport(user);
    await run({ command: "audit-export", user, out: resolve(given.out) });
    console.log(`Written to ${given.out}. Keep it where nobody who can write to the database can.`);
    return 0;
  }
  const verify = async (heads?: string) => (await run({ command: "audit-verify", user, heads })) as AuditVerdict;
  const verdict = given.heads === "-" ? await verifyPiped(verify) : await verify(given.heads && resolve(given.heads));
  console.log(given.json ? JSON.stringify(verdict, null, 2) : auditReport(verdict));
  return verdict.ok ? 0 : 1;
}

/** Through a file, because the server that holds the embedded database reads it. */
async function verifyPiped(verify: (heads: string) => Promise<AuditVerdict>): Promise<AuditVerdict> {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  try {
    const heads = join(folder, "heads");
    await pipeline(process.stdin, createWriteStream(heads, { mode: 0o600 }));
    return await verify(heads);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function printExport(user: string | undefined): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  try {
    const out = join(folder, "export");
    await run({ command: "audit-export", user, out });
    await pipeline(createReadStream(out), process.stdout, { end: false });
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Over Postgres here; with the embedded database through the server that holds it, or here when none runs. Nothing is
 * made on the way: neither a folder, nor tables, nor keys.
 */
async function run(work: AuditWork): Promise<AuditResult> {
  const { DATABASE_URL, DATA_DIR } = env();
  if (!DATABASE_URL) {
    if (!existsSync(join(resolve(DATA_DIR), "pg"))) {
      throw new Refusal(`There is no database in ${DATA_DIR} yet: npm start makes it.`);
    }
    const result = await askServer<AuditResult>(DATA_DIR, work, () => {});
    if (result) return result;
  }
  const database = await db();
  await requireMigrated(database);
  if ((await database.select({ kid: dataKeys.kid }).from(dataKeys).limit(1)).length === 0) {
    throw new Refusal("The database holds no data keys: either the app never ran on it, or ai.data_keys was emptied.");
  }
  return await runAuditWork(work);
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
