import { and, eq, sql } from "drizzle-orm";
import pLimit from "p-limit";
import { db, rowsOf } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { isAppError } from "@/lib/errors";
import { keyring } from "@/lib/keyring/open-keyring";
import { log } from "@/lib/log";
import { checkKey } from "@/lib/providers/check-key";
import type { Provider } from "@/lib/providers/names";
import { type CheckKey, checkStoredKey } from "./check-stored-key";
import { UNUSED_DAYS } from "./key-age";
import { checkedNextDay } from "./next-check";

/** Few at a time: nobody waits for these, and the providers have other work. */
const CLAIM_ROWS = 5;
const AT_ONCE = 2;

type Due = { id: string; userId: string; provider: Provider; isInUse: boolean };

/**
 * Asks the providers about every stored key whose next check is due, so that its owner learns of a dead key before the
 * next message does. Each key is claimed by one instance, so it is asked about once however many run.
 *
 * @returns how many were asked about
 */
export async function recheckKeys({
  signal,
  ask = (question) => checkKey(question, { signal }),
}: {
  signal?: AbortSignal;
  ask?: CheckKey;
} = {}): Promise<number> {
  await keyring(); // while the keys cannot be opened, none is claimed
  const limit = pLimit(AT_ONCE);
  for (let asked = 0; ; ) {
    const claimed = await claim();
    const inUse = claimed.filter(({ isInUse }) => isInUse);
    await Promise.all(inUse.map((key) => limit(recheck, key, ask)));
    asked += inUse.length;
    if (claimed.length < CLAIM_ROWS || signal?.aborted) return asked;
  }
}

/**
 * Takes a few due rows for this instance: one statement, which passes by what another one takes at the same moment. A key
 * whose instance dies is due again after 10 minutes; one that nobody uses is looked at once a week, and not asked about.
 */
async function claim(): Promise<Due[]> {
  const inUse = sql`(coalesce(k.last_used_at, k.key_set_at) > now() - make_interval(days => ${UNUSED_DAYS}::int))`;
  const result = await (await db()).execute(sql`
    with due as materialized (
      select id from ${userApiKeys} where next_check_at <= now() and encrypted_key is not null
      order by next_check_at limit ${CLAIM_ROWS} for update skip locked
    )
    update ${userApiKeys} as k
    set next_check_at = now() + case when ${inUse} then interval '10 minutes' else interval '7 days' end
    from due where k.id = due.id
    returning k.id, k.user_id as "userId", k.provider, ${inUse} as "isInUse"`);
  return rowsOf<Due>(result);
}

async function recheck({ id, userId, provider }: Due, ask: CheckKey): Promise<void> {
  try {
    await checkStoredKey({ userId, provider, asked: false }, ask);
  } catch (error) {
    // Removed meanwhile, or it does not open, which is stored: no reason to try again so soon.
    if (isAppError(error)) await notBeforeTomorrow(id, userId);
    else log.warn("a key could not be checked again", { userId, provider, keyId: id, err: error });
  }
}

async function notBeforeTomorrow(id: string, userId: string): Promise<void> {
  await (await db())
    .update(userApiKeys)
    .set({ nextCheckAt: checkedNextDay })
    .where(and(eq(userApiKeys.id, id), eq(userApiKeys.userId, userId)));
}
