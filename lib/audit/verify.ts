import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { DbOrTx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { type Keyring, keyring } from "@/lib/keyring/open-keyring";
import { isUndecryptable } from "@/lib/keyring/undecryptable-error";
import { type AuditDetail, canonicalEvent, FIRST_PREV } from "./chain";

const BATCH_ROWS = 500;

/** `firstBadSeq` is null when the chain holds; a missing event is named by the number it had. */
export type Verdict = { events: number; firstBadSeq: number | null };

/**
 * Recomputes one account's chain from its first event. An edit, deletion, insertion, exchange or copy is found at the
 * first event that no longer fits. A cut tail is not: that needs a head kept elsewhere.
 */
export async function verifyChain(
  db: DbOrTx,
  userId: string,
  { ring, batchRows = BATCH_ROWS }: { ring?: Keyring; batchRows?: number } = {},
): Promise<Verdict> {
  const signer = ring ?? (await keyring());
  let [events, prev] = [0, FIRST_PREV];
  for (;;) {
    const rows = await readBatch(db, userId, events === 0 ? undefined : events, batchRows);
    for (const row of rows) {
      if (!fits(row, events + 1, prev, signer)) return { events, firstBadSeq: Math.min(events + 1, row.seq) };
      events += 1;
      prev = row.mac;
    }
    if (rows.length < batchRows) return { events, firstBadSeq: null };
  }
}

/** Time and detail come as the database spells them: as a Date or number, changes too small to hold would be lost. */
const readBatch = (db: DbOrTx, userId: string, after: number | undefined, limit: number) =>
  db
    .select({
      userId: auditEvents.userId,
      seq: auditEvents.seq,
      action: auditEvents.action,
      provider: auditEvents.provider,
      detailText: sql<string>`${auditEvents.detail}::text`,
      address: auditEvents.address,
      userAgent: auditEvents.userAgent,
      atMicros: sql<string>`trunc(extract(epoch from ${auditEvents.at}) * 1000000)::text`,
      kid: auditEvents.kid,
      prev: auditEvents.prev,
      mac: auditEvents.mac,
    })
    .from(auditEvents)
    .where(and(eq(auditEvents.userId, userId), after === undefined ? undefined : gt(auditEvents.seq, after)))
    .orderBy(asc(auditEvents.seq))
    .limit(limit);

type Row = Awaited<ReturnType<typeof readBatch>>[number];

function fits({ detailText, mac, ...row }: Row, seq: number, prev: string, ring: Keyring): boolean {
  if (row.seq !== seq || row.prev !== prev) return false;
  const detail = parseDetail(detailText);
  if (!detail) return false;
  try {
    return ring.auditMac(canonicalEvent({ ...row, detail }), row.kid).mac === mac;
  } catch (error) {
    if (isUndecryptable(error)) return false; // names an audit key that was never ours
    throw error;
  }
}

/** @returns undefined for a detail that we never write: one that is no object, or holds a number that is not whole. */
function parseDetail(text: string): AuditDetail | undefined {
  if (!text.startsWith("{")) return undefined;
  const outsideStrings = text.replace(/"(?:[^"\\]|\\.)*"/g, "");
  if (outsideStrings.includes(".")) return undefined;
  return JSON.parse(text) as AuditDetail;
}
