import { desc, eq, sql } from "drizzle-orm";
import { db as openDb, rowsOf, type Tx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { log } from "@/lib/log";
import { type HeadsLine, signHeadsLine } from "./head";
import { record } from "./record";

/** The site's own chain: no account has this id. It tells when heads were signed, and so when they are due again. */
export const SITE_ID = "00000000-0000-0000-0000-000000000000";
/** Any fixed number: keeps this lock apart from other advisory locks. */
const LOCK_ID = 7_240_273;
const EVERY_SECONDS = 3600;
const LOOK_EVERY_MS = 60_000;
/** An event's time may lie before its writing: gathered ones wait, retries too, and clocks differ. */
const OVERLAP_SECONDS = 900;
const BATCH_ACCOUNTS = 5000;
/** Keeps a line under the 16 KiB at which Docker's log cuts. */
const HEADS_A_LINE = 100;

type Options = { everySeconds?: number; print?: (line: string) => void };

/**
 * Prints signed heads of all chains that grew, once an hour over all instances, for a log that is kept where nobody
 * who can write to the database can. `npm run audit -- verify --heads` holds the chains against them.
 *
 * Costs one walk over the index of all accounts' last events (benchmarks.md), in steps, beside the requests.
 *
 * @returns how many heads; undefined when it was not due, or another instance is at it.
 */
export async function signHeads({
  everySeconds = EVERY_SECONDS,
  print = toStdout,
}: Options = {}): Promise<number | undefined> {
  const ring = await keyring();
  return (await openDb()).transaction(async (tx) => {
    const due = await claim(tx, everySeconds);
    if (!due) return undefined;
    const { heads, accounts } = await changedHeads(tx, due.since);
    const parts = Math.max(1, Math.ceil(heads.length / HEADS_A_LINE));
    for (let part = 1; part <= parts; part++) {
      const own = heads.slice((part - 1) * HEADS_A_LINE, part * HEADS_A_LINE);
      const line = { at: due.at.toISOString(), since: due.since?.toISOString() ?? null, part, parts, accounts };
      print(`${JSON.stringify({ type: "heads", ...signHeadsLine(ring, { ...line, heads: own }) })}\n`);
    }
    const detail = { heads: heads.length, accounts };
    await record(tx, { userId: SITE_ID, action: "heads_signed", detail }, () => due.at);
    return heads.length;
  });
}

/** Past our logger, which would take a mac for a key. A line holds ids, numbers and macs alone. */
const toStdout = (line: string) => void process.stdout.write(line);

/** One instance at a time, by the database's clock. @returns undefined when it is another's turn, or not yet time. */
async function claim(tx: Tx, everySeconds: number): Promise<{ at: Date; since: Date | undefined } | undefined> {
  const [lock] = rowsOf<{ isOurs: boolean }>(
    await tx.execute(sql`select pg_try_advisory_xact_lock(${LOCK_ID}) as "isOurs"`),
  );
  if (!lock?.isOurs) return undefined;
  const [last] = await tx
    .select({
      at: auditEvents.at,
      isDue: sql<boolean>`${auditEvents.at} <= now() - make_interval(secs => ${everySeconds})`,
    })
    .from(auditEvents)
    .where(eq(auditEvents.userId, SITE_ID))
    .orderBy(desc(auditEvents.seq))
    .limit(1);
  if (last && !last.isDue) return undefined;
  const [clock] = rowsOf<{ ms: string }>(
    await tx.execute(sql`select trunc(extract(epoch from clock_timestamp()) * 1000)::text as ms`),
  );
  return { at: new Date(Number(clock?.ms)), since: last?.at };
}

/** From account to account by the index, never over all events, a few thousand a statement. */
async function changedHeads(tx: Tx, since: Date | undefined): Promise<Pick<HeadsLine, "heads" | "accounts">> {
  const from = since && new Date(since.getTime() - OVERLAP_SECONDS * 1000).toISOString();
  const isChanged = from === undefined ? sql`true` : sql`at >= ${from}::timestamptz`;
  const last = (bound: ReturnType<typeof sql>) => sql`
    (select user_id, seq, mac, at from ${auditEvents} where ${bound} order by user_id desc, seq desc limit 1)`;
  const found: Pick<HeadsLine, "heads" | "accounts"> = { heads: [], accounts: 0 };
  for (let before: string | undefined; ; ) {
    const first = last(before === undefined ? sql`true` : sql`user_id < ${before}::uuid`);
    const [row] = rowsOf<{ last: string | null; accounts: number; heads: HeadsLine["heads"] }>(
      await tx.execute(sql`
        with recursive heads as (
          select start.*, 1 as n from ${first} as start
          union all
          select next.*, heads.n + 1 from heads cross join lateral ${last(sql`user_id < heads.user_id`)} as next
          where heads.n < ${BATCH_ACCOUNTS}::int
        )
        select (select user_id::text from heads order by n desc limit 1) as last,
          (select count(*)::int from heads) as accounts,
          (select coalesce(jsonb_agg(jsonb_build_array(user_id, seq, mac) order by n), '[]')
            from heads where ${isChanged}) as heads`),
    );
    if (!row || row.last === null) return found;
    found.accounts += row.accounts;
    for (const head of row.heads) found.heads.push(head);
    if (row.accounts < BATCH_ACCOUNTS) return found;
    before = row.last;
  }
}

const shared = globalThis as { __chatelaineHeads?: NodeJS.Timeout };

/** Looks every minute whether heads are due, once a process. */
export function signHeadsRegularly(): void {
  shared.__chatelaineHeads ??= setInterval(() => {
    signHeads().catch((error: unknown) => log.warn("the audit heads could not be signed", { err: error }));
  }, LOOK_EVERY_MS).unref();
}
