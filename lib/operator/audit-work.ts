import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { createInterface } from "node:readline";
import { z } from "zod";
import { exportChains } from "@/lib/audit/export-chains";
import { readExport } from "@/lib/audit/read-export";
import { type ChainFault, verifyAccounts } from "@/lib/audit/verify-accounts";
import { emailsOf, findAccountId } from "@/lib/auth/find-accounts";
import { db } from "@/lib/db/client";
import { AppError } from "@/lib/errors";
import { type KeyFault, verifyKeyHistory } from "@/lib/keys/verify-key-history";

const path = z.string().startsWith("/");
const user = z.string().min(1).max(320).optional();

/** What `npm run audit` asks for, of this process or of the server that holds the embedded database. */
export const AuditWork = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("audit-verify"), user, heads: path.optional() }),
  z.strictObject({ command: z.literal("audit-export"), user, out: path }),
]);
export type AuditWork = z.infer<typeof AuditWork>;

export type AuditVerdict = {
  ok: boolean;
  accounts: number;
  events: number;
  keys: number;
  /** Heads of the export that the logs were held against; null without one. */
  heads: number | null;
  exportFaults: string[];
  faults: ((ChainFault | KeyFault) & { email: string | null })[];
};
export type AuditResult = AuditVerdict | { out: string };

/** @throws AppError `not_found` when there is no such account or file. */
export async function runAuditWork(work: AuditWork): Promise<AuditResult> {
  const userId = work.user === undefined ? undefined : await accountOf(work.user);
  return work.command === "audit-verify" ? await verify(userId, work.heads) : await writeExport(userId, work.out);
}

async function verify(userId: string | undefined, heads: string | undefined): Promise<AuditVerdict> {
  if (heads !== undefined && !existsSync(heads)) throw new AppError("not_found", `There is no file ${heads}.`);
  const exported = heads === undefined ? undefined : await readExport(createInterface(createReadStream(heads)));
  const database = await db();
  const chains = await verifyAccounts(database, { userId, exported });
  const keys = await verifyKeyHistory(database, userId);
  const found = [...chains.faults, ...keys.faults];
  const emails = await emailsOf([...new Set(found.map((fault) => fault.userId))]);
  const exportFaults = exported?.faults ?? [];
  return {
    ok: found.length === 0 && exportFaults.length === 0,
    accounts: chains.accounts,
    events: chains.events,
    keys: keys.keys,
    heads: exported?.heads.size ?? null,
    exportFaults,
    faults: found.map((fault) => ({ ...fault, email: emails.get(fault.userId) ?? null })),
  };
}

/** Under another name until it is whole, so that a failure does not cost the last export. */
async function writeExport(userId: string | undefined, out: string): Promise<{ out: string }> {
  const target = createWriteStream(`${out}.part`, { mode: 0o600 });
  const failed = once(target, "error").then(([error]) => {
    throw error;
  });
  failed.catch(() => {}); // met in the races below
  for await (const line of exportChains(await db(), userId)) {
    if (!target.write(line)) await Promise.race([once(target, "drain"), failed]);
  }
  target.end();
  await Promise.race([once(target, "close"), failed]);
  await rename(`${out}.part`, out);
  return { out };
}

async function accountOf(emailOrId: string): Promise<string> {
  const userId = await findAccountId(emailOrId);
  if (userId === undefined) throw new AppError("not_found", "There is no account with that e-mail address.");
  return userId;
}
