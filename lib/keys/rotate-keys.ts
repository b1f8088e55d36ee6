import { setTimeout as delay, setImmediate } from "node:timers/promises";
import { isNotNull, type SQL, sql } from "drizzle-orm";
import type { AuditEvent } from "@/lib/audit/record";
import { recordMany } from "@/lib/audit/record-many";
import { type Db, rowsOf, sqlState, type Tx } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { instancesWithout, liveInstances } from "@/lib/keyring/heartbeat";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { type Keyring, keyring } from "@/lib/keyring/open-keyring";
import { type KekRotation, rotateKek } from "@/lib/keyring/rotate-kek";
import type { Provider } from "@/lib/providers/provider";
import { alone } from "./alone";
import { forgetReplacedKeys } from "./forget-replaced-keys";
import { orReload, sealContext } from "./open-key";

export type Rotation = {
  /** A new data key too, and every row sealed anew under it. Without it only what is not under the active one. */
  data: boolean;
  dryRun: boolean;
  /** Starts although an instance that runs does not know the new key: it will not read what is sealed anew. */
  force?: boolean;
};

export type RotationProgress = {
  done: number;
  total: number;
  rowsPerSecond: number;
  secondsLeft: number;
};

export type BadRow = { keyId: string; userId: string; provider: Provider };

export type RotationReport = {
  kek: KekRotation;
  dataKey: { kid: string; isNew: boolean };
  rows: {
    /** To be sealed anew when it began. */
    total: number;
    resealed: number;
    /** Replaced or removed by somebody else meanwhile: their work stands. */
    changedMeanwhile: number;
  };
  /** Rows that do not open. They were left as they are. */
  undecryptable: BadRow[];
};

export type RotationOptions = {
  /** Called after each batch. */
  report?: (progress: RotationProgress) => void;
  ring?: Keyring;
  batchRows?: number;
};

/** How much of the machine it takes. */
type Pace = {
  batchRows: number;
  /** Batches written at a time: the database works on two while the next is read and sealed. */
  writers: number;
  /** Rest after each batch, as a share of the time it took. */
  rest: number;
};
const FULL_SPEED: Pace = { batchRows: 1000, writers: 2, rest: 0 };
/** While the app serves: half of one core of the database at most, in steps too short to be felt by a chat. */
const BESIDE_CHATS: Pace = { batchRows: 250, writers: 1, rest: 1 };
/** The embedded database stands still for everybody while it writes. */
const EMBEDDED: Pace = { batchRows: 200, writers: 1, rest: 0 };

/** A data key younger than this, with rows still under an earlier one: a rotation that was cut short, to be finished. */
const UNFINISHED_WITHIN = sql`interval '1 day'`;

/**
 * Brings everything under the newest keys while the app serves (security.md, section 3.2): data keys are rewrapped, rows
 * are sealed anew in batches, each with compare-and-swap, so that what somebody saves meanwhile always wins. There is
 * no state but the rows: run again after a crash, it goes on where it was. Each account's log tells of it in the
 * transaction of its batch. Keys that were replaced a moment ago stay as they are: they are forgotten within minutes,
 * and the data key before goes on reading until it is disabled.
 *
 * @throws AppError `conflict` with the reason, before anything is written.
 */
export async function rotateKeys(
  { data, dryRun, force = false }: Rotation,
  { report = () => {}, ring: given, batchRows }: RotationOptions = {},
): Promise<RotationReport> {
  return await alone(async (db, kind) => {
    const ring = given ?? (await keyring());
    if (!force) await refuseUnknowing(db);
    if (!dryRun) await forgetReplacedKeys(db);
    const kek = await rotateKek({ dryRun });
    const dataKey = await chooseDataKey(db, ring, { data, dryRun });
    const due = data && dryRun && dataKey.isNew ? everyRow : notUnder(dataKey.kid);
    const total = await db.$count(userApiKeys, due);
    const pace = await choosePace(db, kind);
    const work = {
      db,
      ring,
      due,
      total,
      dryRun,
      report,
      pace: batchRows === undefined ? pace : { ...pace, batchRows },
    };
    return { kek, dataKey, ...(await resealRows(work)) };
  });
}

const everyRow = isNotNull(userApiKeys.encryptedKey);
const notUnder = (kid: string): SQL => sql`${everyRow} and ${userApiKeys.encryptionKeyId} is distinct from ${kid}`;

/** Nobody waits for answers while no instance runs, and then it need not hold back. */
async function choosePace(db: Db, kind: "embedded" | "postgres"): Promise<Pace> {
  const isServing = (await liveInstances(db)) > 0;
  if (kind === "embedded") return isServing ? { ...EMBEDDED, rest: BESIDE_CHATS.rest } : EMBEDDED;
  return isServing ? BESIDE_CHATS : FULL_SPEED;
}

async function refuseUnknowing(db: Db): Promise<void> {
  const { primary } = await configuredKeks();
  const unknowing = await instancesWithout(primary.id, db);
  if (unknowing === 0) return;
  throw new AppError(
    "conflict",
    `Nothing was changed: ${unknowing} running instance${unknowing > 1 ? "s do" : " does"} not know encryption key ${primary.id} yet. ` +
      "Restart every instance with the new ENCRYPTION_KEY and the old one in ENCRYPTION_KEY_PREVIOUS, then run this again. " +
      "An instance that crashed counts for 30 seconds more.",
  );
}

async function chooseDataKey(
  db: Db,
  ring: Keyring,
  { data, dryRun }: Rotation,
): Promise<{ kid: string; isNew: boolean }> {
  const kid = await ring.activeKid();
  if (!data || (await isUnfinished(db, kid))) return { kid, isNew: false };
  return { kid: dryRun ? kid : await ring.renew(), isNew: true };
}

/** An earlier `--data` stopped half way: its key is young, and rows are left under the one before. */
async function isUnfinished(db: Db, kid: string): Promise<boolean> {
  const result = await db.execute(sql`
    select exists (select from ai.data_keys where kid = ${kid} and created_at > now() - ${UNFINISHED_WITHIN})
      and exists (select from ${userApiKeys} where encryption_key_id < ${kid} or encryption_key_id > ${kid}) as unfinished`);
  return rowsOf<{ unfinished: boolean }>(result)[0]?.unfinished === true;
}

type Work = {
  db: Db;
  ring: Keyring;
  due: SQL;
  total: number;
  dryRun: boolean;
  pace: Pace;
  report: (progress: RotationProgress) => void;
};
type Row = { id: string; userId: string; provider: Provider; encryptedKey: string };
/** Rows as they were read, and the data key under which so many uses were counted for them. */
type Batch = { kid: string; rows: Row[] };
type Sealed = { kid: string; rows: (Row & { text: string })[] };

/**
 * Reads a batch ahead, and seals the next while others are written: the database and this process work at the same time.
 */
async function resealRows(work: Work): Promise<Pick<RotationReport, "rows" | "undecryptable">> {
  const { db, ring, total, dryRun, report, pace } = work;
  const undecryptable: BadRow[] = [];
  const startedAt = performance.now();
  let [resealed, changedMeanwhile] = [0, 0];
  const writing = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  let ahead = readAhead(undefined);
  for (;;) {
    const batch = await ahead;
    if (batch === undefined || failures.length > 0) break;
    ahead = readAhead(batch.rows.at(-1));
    ahead.catch((error: unknown) => failures.push(error));
    const sealed = await sealBatch(ring, batch, { dryRun, undecryptable });
    while (writing.size >= pace.writers) await Promise.race(writing);
    if (failures.length > 0) break;
    const done: Promise<unknown> = write(sealed)
      .catch((error: unknown) => failures.push(error))
      .finally(() => writing.delete(done));
    writing.add(done);
  }
  await Promise.allSettled([...writing, ahead]);
  if (failures.length > 0) throw failures[0];
  return { rows: { total, resealed, changedMeanwhile }, undecryptable };

  async function readAhead(after: Row | undefined): Promise<Batch | undefined> {
    const rows = await readBatch(work, after);
    if (rows.length === 0) return undefined;
    // Counted before it is used and apart from the rows: a crash may count too many, never too few, and a batch holds no
    // lock on the data key that people who save a key would wait for.
    return { rows, kid: dryRun ? "" : await ring.reserve(rows.length) };
  }

  async function write(sealed: Sealed): Promise<void> {
    const writtenFrom = performance.now();
    const written = dryRun ? sealed.rows.length : await writeBatch(db, sealed);
    resealed += written;
    changedMeanwhile += sealed.rows.length - written;
    const done = resealed + changedMeanwhile + undecryptable.length;
    const rowsPerSecond = done / ((performance.now() - startedAt) / 1000);
    report({ done, total, rowsPerSecond, secondsLeft: Math.max(0, total - done) / rowsPerSecond });
    if (pace.rest > 0) await delay(pace.rest * (performance.now() - writtenFrom));
  }
}

/** In the order of accounts: the keys of one lie together, and neighbours share the pages of the index of their logs. */
async function readBatch({ db, due, pace }: Work, after: Row | undefined): Promise<Row[]> {
  const next = after ? sql`${due} and (user_id, provider) > (${after.userId}::uuid, ${after.provider})` : due;
  const result = await db.execute(sql`
    select id, user_id as "userId", provider, encrypted_key as "encryptedKey" from ${userApiKeys}
    where ${next} order by user_id, provider limit ${pace.batchRows}`);
  return rowsOf<Row>(result);
}

/** Rows between two looks at other work: sealing takes computing time, and the embedded database's server chats too. */
const ROWS_AT_A_STRETCH = 100;

async function sealBatch(
  ring: Keyring,
  { kid, rows: batch }: Batch,
  { dryRun, undecryptable }: { dryRun: boolean; undecryptable: BadRow[] },
): Promise<Sealed> {
  const rows: Sealed["rows"] = [];
  for (const [n, row] of batch.entries()) {
    if (n % ROWS_AT_A_STRETCH === 0) await setImmediate();
    const context = sealContext(row);
    const text = await orReload(ring, row.encryptedKey, () =>
      dryRun ? ring.open(row.encryptedKey, context) : ring.reseal(row.encryptedKey, context, kid),
    );
    if (text === undefined) undecryptable.push({ keyId: row.id, userId: row.userId, provider: row.provider });
    else rows.push({ ...row, text });
  }
  return { kid, rows };
}

const MAX_TRIES = 5;
const DEADLOCK = "40P01";

/** @returns rows written. A deadlock undoes the whole batch, so it can be tried again as it is. */
async function writeBatch(db: Db, sealed: Sealed): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction((tx) => swap(tx, sealed));
    } catch (error) {
      if (sqlState(error) !== DEADLOCK || tries === MAX_TRIES) throw error;
    }
  }
}

/** As one array each: the texts are base64, so none needs quotes. A row that no longer holds what was opened is left. */
async function swap(tx: Tx, { kid, rows }: Sealed): Promise<number> {
  if (rows.length === 0) return 0;
  const list = (of: (row: Sealed["rows"][number]) => string) => `{${rows.map(of).join(",")}}`;
  const result = await tx.execute(sql`
    update ${userApiKeys} as k
    set encrypted_key = n.fresh, encryption_key_id = ${kid},
      state = case when k.state = 'undecryptable' then 'active' else k.state end
    from unnest(${list(({ id }) => id)}::text::uuid[], ${list(({ encryptedKey }) => encryptedKey)}::text::text[],
      ${list(({ text }) => text)}::text::text[]) as n(id, old, fresh)
    where k.id = n.id and k.encrypted_key = n.old
    returning k.id, k.user_id as "userId", k.provider`);
  const changed = rowsOf<ChangedKey>(result);
  await recordMany(tx, eventsOf(changed, kid));
  return changed.length;
}

type ChangedKey = { id: string; userId: string; provider: Provider };

/** One an account: its log tells that its keys were sealed anew, not how often we came by. */
function eventsOf(changed: ChangedKey[], kid: string): AuditEvent[] {
  return [...Map.groupBy(changed, ({ userId }) => userId)].map(([userId, keys]): AuditEvent => {
    const [first] = keys as [ChangedKey];
    const action = "key_rotated";
    if (keys.length === 1) return { userId, action, provider: first.provider, detail: { keyId: first.id, kid } };
    const providers = keys.map(({ provider }) => provider).join(", ");
    return { userId, action, detail: { keys: keys.length, providers, kid } };
  });
}
