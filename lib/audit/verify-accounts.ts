import { and, asc, eq, gt } from "drizzle-orm";
import type { DbOrTx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { listAccounts } from "./list-accounts";
import type { Exported } from "./read-export";
import { verifyChain } from "./verify";

/**
 * The first event of an account that is wrong. `broken`: it does not fit the chain; `cut`: it is missing at the end,
 * though an export has it; `replaced`: another event stands where the export has this one, so an older state was put
 * back and written on.
 */
export type ChainFault = { userId: string; seq: number; kind: "broken" | "cut" | "replaced" };

type Check = { userId?: string; exported?: Exported };
export type ChainReport = { accounts: number; events: number; faults: ChainFault[] };

/**
 * Recomputes the accounts' chains and holds them against an earlier export, if there is one.
 *
 * @param userId one account; otherwise all, those included that only the export tells of.
 */
export async function verifyAccounts(db: DbOrTx, { userId: one, exported }: Check): Promise<ChainReport> {
  const ring = await keyring(db);
  const all = async () => [...new Set([...(await listAccounts(db)), ...(exported?.heads.keys() ?? [])])].sort();
  const userIds = one === undefined ? await all() : [one];
  const report: ChainReport = { accounts: userIds.length, events: 0, faults: [] };
  for (const userId of userIds) {
    const { events, firstBadSeq } = await verifyChain(db, userId, { ring });
    report.events += events;
    const head = exported?.heads.get(userId);
    const broken = firstBadSeq === null ? undefined : ({ userId, seq: firstBadSeq, kind: "broken" } as const);
    const other = head && (await departure(db, userId, head, exported?.macs.get(userId)));
    // A chain that is cut and then filled with what does not fit is wrong from the earlier of the two on.
    const first = broken && other && other.seq < broken.seq ? other : (broken ?? other);
    if (first) report.faults.push(first);
  }
  return report;
}

/** @returns where the stored chain leaves the exported one; without exported events, at the latest the head's number. */
async function departure(
  db: DbOrTx,
  userId: string,
  head: { seq: number; mac: string },
  macs: Map<number, string> | undefined,
): Promise<ChainFault | undefined> {
  const [atHead] = await db
    .select({ mac: auditEvents.mac })
    .from(auditEvents)
    .where(and(eq(auditEvents.userId, userId), eq(auditEvents.seq, head.seq)));
  if (atHead?.mac === head.mac) return undefined;
  const stored = db
    .select({ seq: auditEvents.seq, mac: auditEvents.mac })
    .from(auditEvents)
    .where(and(eq(auditEvents.userId, userId), gt(auditEvents.seq, 0)))
    .orderBy(asc(auditEvents.seq));
  let next = 1;
  for (const { seq, mac } of await stored) {
    if (seq >= head.seq) return { userId, seq: head.seq, kind: "replaced" };
    if (seq !== next) break;
    if (macs?.has(seq) && macs.get(seq) !== mac) return { userId, seq, kind: "replaced" };
    next += 1;
  }
  return { userId, seq: next, kind: "cut" };
}
