import { sql } from "drizzle-orm";
import { type DbOrTx, rowsOf } from "@/lib/db/client";
import { auditEvents, replacedKeys, userApiKeys } from "@/lib/db/schema";
import { type Keyring, keyring } from "@/lib/keyring/open-keyring";
import { isUndecryptable } from "@/lib/keyring/undecryptable-error";
import type { Provider } from "@/lib/providers/provider";
import { eventHash } from "./event-hash";
import { sealContext } from "./open-key";

/**
 * A stored key that the security log does not account for. `differs`: it is not the one saved last, as after an older
 * ciphertext was put back; `removed`: it is back after its removal; `unrecorded`: nothing tells of its saving; `replaced`: the key
 * that undoing would put back is not the one that was replaced.
 */
export type KeyFault = { userId: string; provider: Provider; kind: "differs" | "removed" | "unrecorded" | "replaced" };

type Row = {
  id: string;
  userId: string;
  provider: Provider;
  encryptedKey: string;
  keyHash: string | null;
  action: string | null;
  savedHash: string | null;
};

/**
 * Holds each stored key against the last event that tells of its saving or removal: the hash beside the ciphertext, and
 * the hash of what the ciphertext holds. Keys that do not open are compared by the former alone.
 *
 * @param userId one account; otherwise all.
 */
export async function verifyKeyHistory(db: DbOrTx, userId?: string): Promise<{ keys: number; faults: KeyFault[] }> {
  const ring = await keyring(db);
  const rows = rowsOf<Row>(
    await db.execute(sql`
      select k.id, k.user_id as "userId", k.provider, k.encrypted_key as "encryptedKey", k.key_hash as "keyHash",
        e.action, e.detail->>'hash' as "savedHash"
      from ${userApiKeys} k
      left join lateral (
        select action, detail from ${auditEvents} e
        where e.user_id = k.user_id and e.provider = k.provider
          and e.action in ('key_saved', 'openrouter_connected', 'key_removed')
        order by e.seq desc limit 1
      ) e on true
      where k.encrypted_key is not null and (${userId ?? null}::uuid is null or k.user_id = ${userId ?? null}::uuid)
      order by k.user_id, k.provider`),
  );
  const faults = rows.flatMap((row): KeyFault[] => {
    const kind = faultOf(row, ring);
    return kind ? [{ userId: row.userId, provider: row.provider, kind }] : [];
  });
  return { keys: rows.length, faults: [...faults, ...(await verifyReplaced(db, userId))] };
}

type ReplacedRow = Pick<Row, "id" | "userId" | "provider" | "encryptedKey" | "keyHash"> & {
  /** The newest first. */
  events: { action: string; hash: string | null }[] | null;
};

/** More changes of one key than its limit lets through in the time that a replaced key is kept. */
const EVENTS_BACK = 50;

/** The same for the keys that undoing would put back; of one account and provider, or of all. */
export async function verifyReplaced(db: DbOrTx, userId?: string, provider?: Provider): Promise<KeyFault[]> {
  const ring = await keyring(db);
  const rows = rowsOf<ReplacedRow>(
    await db.execute(sql`
      select r.key_id as id, r.user_id as "userId", r.provider, r.encrypted_key as "encryptedKey",
        r.key_hash as "keyHash", e.events
      from ${replacedKeys} r
      left join lateral (
        select json_agg(json_build_object('action', action, 'hash', detail->>'hash') order by seq desc) as events from (
          select action, detail, seq from ${auditEvents} e
          where e.user_id = r.user_id and e.provider = r.provider
            and e.action in ('key_saved', 'openrouter_connected', 'key_removed')
          order by e.seq desc limit ${EVENTS_BACK}
        ) as last
      ) e on true
      where (${userId ?? null}::uuid is null or r.user_id = ${userId ?? null}::uuid)
        and (${provider ?? null}::text is null or r.provider = ${provider ?? null}::text)
      order by r.user_id, r.provider`),
  );
  return rows
    .filter((row) => !isTheReplaced(row, ring))
    .map(({ userId, provider }) => ({ userId, provider, kind: "replaced" }));
}

/** The log tells of it last before the key that is there now, with no removal between. */
function isTheReplaced(row: ReplacedRow, ring: Keyring): boolean {
  const events = row.events ?? [];
  const before = events.find(({ hash }) => hash !== events[0]?.hash);
  const hashes = [row.keyHash, hashOfContent(row, ring)].filter((hash) => hash !== undefined);
  return before?.hash != null && hashes.every((hash) => hash !== null && eventHash(hash) === before.hash);
}

function faultOf(row: Row, ring: Keyring): KeyFault["kind"] | undefined {
  if (row.action === "key_removed") return "removed";
  // Keys in the plain form were there before the log was: their rows have no hash.
  if (row.action === null) return row.keyHash === null ? undefined : "unrecorded";
  const hashes = [row.keyHash, hashOfContent(row, ring)].filter((hash) => hash !== undefined);
  return hashes.every((hash) => hash !== null && eventHash(hash) === row.savedHash) ? undefined : "differs";
}

function hashOfContent({ encryptedKey, ...row }: Omit<Row, "action" | "savedHash">, ring: Keyring): string | undefined {
  try {
    return ring.hash(row.provider, ring.open(encryptedKey, sealContext(row)));
  } catch (error) {
    if (isUndecryptable(error)) return undefined; // `keys verify` lists these
    throw error;
  }
}
