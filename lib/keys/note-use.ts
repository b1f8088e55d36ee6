import { sql } from "drizzle-orm";
import { db, sqlState } from "@/lib/db/client";
import { keyUseDays, userApiKeys } from "@/lib/db/schema";
import { log } from "@/lib/log";

/** Uses are gathered this long, so that keys in heavy use cost a few writes a second and no answer waits for one. */
const GATHER_MS = 250;
const MAX_TRIES = 3;
const DEADLOCK = "40P01";

type Use = { userId: string; keyId: string };
type Counted = Use & { count: number };
type Gathered = { uses: Map<string, Counted>; writing: Set<Promise<void>>; timer?: NodeJS.Timeout };
const shared = globalThis as { __chatelaineUses?: Gathered };

function gathered(): Gathered {
  shared.__chatelaineUses ??= { uses: new Map(), writing: new Set() };
  return shared.__chatelaineUses;
}

/** Counts one use of a key, a moment later. A crash loses the uses of that moment; a clean stop loses none. */
export function noteUse({ userId, keyId }: Use): void {
  const waiting = gathered();
  const id = `${userId} ${keyId}`;
  waiting.uses.set(id, { userId, keyId, count: (waiting.uses.get(id)?.count ?? 0) + 1 });
  waiting.timer ??= setTimeout(() => void writeUses(), GATHER_MS);
}

/** Writes what was gathered and waits for what is being written. Never rejects: what cannot be counted is logged. */
export async function writeUses(): Promise<void> {
  const waiting = gathered();
  clearTimeout(waiting.timer);
  waiting.timer = undefined;
  const uses = [...waiting.uses.values()];
  waiting.uses.clear();
  if (uses.length > 0) {
    const done = write(uses).finally(() => waiting.writing.delete(done));
    waiting.writing.add(done);
  }
  await Promise.all(waiting.writing);
}

async function write(uses: Counted[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await count(uses);
    } catch (error) {
      if (sqlState(error) === DEADLOCK && tries < MAX_TRIES) continue; // it was undone as a whole
      const total = uses.reduce((sum, use) => sum + use.count, 0);
      return log.warn("uses of keys could not be counted", { count: total, err: error });
    }
  }
}

/**
 * On the key and on the day, all in one statement. A key removed meanwhile is not counted on either. Rows are locked in one order, so that
 * two instances do not wait for each other.
 */
async function count(uses: Counted[]): Promise<void> {
  const list = (of: (use: Counted) => string | number) => `{${uses.map(of).join(",")}}`;
  await (await db()).execute(sql`
    with used as (
      select k.id, u.count from ${userApiKeys} k
      join unnest(${list(({ userId }) => userId)}::text::uuid[], ${list(({ keyId }) => keyId)}::text::uuid[],
        ${list((use) => use.count)}::text::bigint[]) as u(user_id, id, count) on k.id = u.id and k.user_id = u.user_id
      order by k.id for no key update of k
    ), counted as (
      update ${userApiKeys} as k set usage_count = k.usage_count + used.count, last_used_at = now()
      from used where k.id = used.id
      returning k.user_id, k.provider, used.count
    )
    insert into ${keyUseDays} as d (user_id, provider, day, uses)
    select user_id, provider, (now() at time zone 'UTC')::date, count from counted
    order by user_id, provider
    on conflict (user_id, provider, day) do update set uses = d.uses + excluded.uses`);
}
