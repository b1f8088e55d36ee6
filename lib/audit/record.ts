import { desc, eq, is, sql } from "drizzle-orm";
import { PgTransaction } from "drizzle-orm/pg-core";
import type { DbOrTx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import type { AuditAction } from "./actions";
import { type AuditDetail, canonicalEvent, FIRST_PREV, toMicros } from "./chain";
import { inertDetail, inertText } from "./inert";

export type AuditEvent = {
  userId: string;
  action: AuditAction;
  provider?: string | null;
  /** No key material. Strings are cut at 200 characters. */
  detail?: AuditDetail;
  address?: string | null;
  userAgent?: string | null;
};

/** Any fixed number: keeps these locks apart from other advisory locks. */
export const LOCK_SPACE = 7_240_272;

/**
 * Appends an event to its account's chain, in the transaction of the change it tells of: if it cannot be recorded, the
 * change must not happen either. Writers of one account queue up until the transaction ends, so record last.
 *
 * @param tx the caller's transaction; with the database itself, the event has a transaction of its own.
 */
export async function record(tx: DbOrTx, event: AuditEvent, now: () => Date = () => new Date()): Promise<void> {
  if (is(tx, PgTransaction)) return append(tx, event, now);
  await keyring(); // opened outside, so that it is kept
  await tx.transaction((own) => append(own, event, now));
}

async function append(tx: DbOrTx, event: AuditEvent, now: () => Date): Promise<void> {
  const ring = await keyring(tx);
  const userId = event.userId.toLowerCase(); // as the database writes a uuid
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${userId}))`);
  const [last] = await tx
    .select({ seq: auditEvents.seq, mac: auditEvents.mac })
    .from(auditEvents)
    .where(eq(auditEvents.userId, userId))
    .orderBy(desc(auditEvents.seq))
    .limit(1);
  const at = now();
  const fields = {
    userId,
    seq: (last?.seq ?? 0) + 1,
    prev: last?.mac ?? FIRST_PREV,
    action: event.action,
    provider: event.provider ?? null,
    detail: inertDetail(event.detail ?? {}),
    address: event.address ? inertText(event.address) : null,
    userAgent: event.userAgent ? inertText(event.userAgent) : null,
  };
  const signature = ring.auditMac(canonicalEvent({ ...fields, atMicros: toMicros(at) }));
  await tx.insert(auditEvents).values({ ...fields, ...signature, at });
}
