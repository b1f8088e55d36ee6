import { sql } from "drizzle-orm";
import { rowsOf, type Tx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { canonicalEvent, FIRST_PREV, toMicros } from "./chain";
import { inertDetail, inertText } from "./inert";
import { type AuditEvent, LOCK_SPACE } from "./record";

/**
 * What `record` does, for the events of many accounts in four statements, whatever their number: a change that touches
 * a thousand accounts is told to each of them, in its own transaction.
 *
 * @param tx the caller's transaction; record last.
 * @param events at most a few thousand; those of one account in their order. `at` where it was not just now.
 */
export async function recordMany(
  tx: Tx,
  events: (AuditEvent & { at?: Date })[],
  now: () => Date = () => new Date(),
): Promise<void> {
  if (events.length === 0) return;
  const ring = await keyring(tx);
  const userIds = [...new Set(events.map(({ userId }) => userId.toLowerCase()))];
  const heads = await lockChains(tx, userIds);
  const present = now();
  const rows = events.map((event) => {
    const userId = event.userId.toLowerCase();
    const head = heads.get(userId) ?? { seq: 0, mac: FIRST_PREV };
    const fields = {
      userId,
      seq: head.seq + 1,
      prev: head.mac,
      action: event.action,
      provider: event.provider ?? null,
      detail: inertDetail(event.detail ?? {}),
      address: event.address ? inertText(event.address) : null,
      userAgent: event.userAgent ? inertText(event.userAgent) : null,
    };
    const at = event.at ?? present;
    const { kid, mac } = ring.auditMac(canonicalEvent({ ...fields, atMicros: toMicros(at) }));
    heads.set(userId, { seq: fields.seq, mac });
    return { ...fields, at, kid, mac };
  });
  await tx.execute(sql`
    insert into ${auditEvents} (user_id, seq, action, provider, detail, address, user_agent, at, kid, prev, mac)
    select r."userId", r.seq, r.action, r.provider, r.detail, r.address, r."userAgent", r.at,
      r.kid, r.prev, r.mac
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r("userId" uuid, seq bigint, action text,
      provider text, detail jsonb, address text, "userAgent" text, at timestamptz, kid text, prev text, mac text)`);
}

type Head = { seq: number; mac: string };

/** In one order for everybody, so that two such calls cannot wait for each other. */
async function lockChains(tx: Tx, userIds: string[]): Promise<Map<string, Head>> {
  const ids = sql`unnest(${`{${userIds.join(",")}}`}::text::uuid[])`;
  await tx.execute(sql`
    select pg_advisory_xact_lock(${LOCK_SPACE}, lock) from
      (select distinct hashtext(id::text) as lock from ${ids} as u(id) order by 1) as locks`);
  const found = await tx.execute(sql`
    select u.id as "userId", last.seq::text as seq, last.mac from ${ids} as u(id)
    cross join lateral (
      select seq, mac from ${auditEvents} e where e.user_id = u.id order by e.seq desc limit 1
    ) as last`);
  const heads = rowsOf<{ userId: string; seq: string; mac: string }>(found);
  return new Map(heads.map(({ userId, seq, mac }) => [userId, { seq: Number(seq), mac }]));
}
