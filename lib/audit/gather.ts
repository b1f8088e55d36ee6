import { db } from "@/lib/db/client";
import { keyring } from "@/lib/keyring/open-keyring";
import { log } from "@/lib/log";
import { inertText } from "./inert";
import type { AuditEvent } from "./record";
import { recordMany } from "./record-many";

/** Equal events of this long become one with a count. A crash loses no more than this; a clean stop loses none. */
const GATHER_MS = 60_000;
/** More than this are not kept waiting: the oldest are written at once. */
const MAX_WAITING = 2000;
const MAX_TRIES = 5;
const BATCH_EVENTS = 500;
const DUE_TOGETHER_MS = 1000;

type Waiting = {
  event: AuditEvent;
  count: number;
  lastAt: Date;
  tries: number;
  /** By the monotonic clock. */
  dueAt: number;
  timer: NodeJS.Timeout;
};
/** `writing` holds the accounts of each batch that is on its way. */
type Gathered = { waiting: Map<string, Waiting>; writing: Map<Promise<void>, Set<string>> };
const shared = globalThis as { __chatelaineAuditGathered?: Gathered };

function gathered(): Gathered {
  shared.__chatelaineAuditGathered ??= { waiting: new Map(), writing: new Map() };
  return shared.__chatelaineAuditGathered;
}

/**
 * Tells of something that happens often, or whose writing nobody may wait for. Costs no round trip to the database: it
 * is written later, with the time of the last of its kind and how many there were. What changes something is not for
 * here: that is recorded in the transaction of the change.
 */
export function gather(
  event: AuditEvent,
  { withinMs = GATHER_MS, maxWaiting = MAX_WAITING, now = new Date() } = {},
): void {
  const { waiting } = gathered();
  const address = event.address && inertText(event.address);
  const userAgent = event.userAgent && inertText(event.userAgent); // cut here, so that little memory is held
  const kept = { ...event, address, userAgent };
  const id = JSON.stringify([event.userId, event.action, event.provider, event.detail, address, userAgent]);
  const same = waiting.get(id);
  if (same) {
    same.count += 1;
    same.lastAt = now;
    return;
  }
  keep(id, { event: kept, count: 1, lastAt: now, tries: 0 }, withinMs);
  if (waiting.size > maxWaiting) write([...waiting.keys()].slice(0, BATCH_EVENTS));
}

/** Writes what was gathered, of everybody or of one account, and waits for what is being written. Never rejects. */
export async function writeGathered(userId?: string): Promise<void> {
  const { waiting, writing } = gathered();
  write([...waiting].filter(([, { event }]) => userId === undefined || event.userId === userId).map(([id]) => id));
  await Promise.all([...writing].filter(([, of]) => userId === undefined || of.has(userId)).map(([done]) => done));
}

function keep(id: string, entry: Omit<Waiting, "timer" | "dueAt">, withinMs: number): void {
  const timer = setTimeout(writeDue, withinMs).unref();
  gathered().waiting.set(id, { ...entry, timer, dueAt: performance.now() + withinMs });
}

/** What is due within the next second goes along: a busy minute then costs a few transactions, not one an account. */
function writeDue(): void {
  const soon = performance.now() + DUE_TOGETHER_MS;
  write([...gathered().waiting].filter(([, { dueAt }]) => dueAt <= soon).map(([id]) => id));
}

function write(ids: string[]): void {
  const { waiting, writing } = gathered();
  for (let at = 0; at < ids.length; at += BATCH_EVENTS) {
    const batch = ids.slice(at, at + BATCH_EVENTS).flatMap((id) => {
      const entry = waiting.get(id);
      return entry ? [{ id, ...entry }] : [];
    });
    for (const { id, timer } of batch) {
      waiting.delete(id);
      clearTimeout(timer);
    }
    if (batch.length === 0) continue;
    const done = append(batch).finally(() => writing.delete(done));
    writing.set(done, new Set(batch.map(({ event }) => event.userId)));
  }
}

type Taken = Waiting & { id: string };

/** All or none; when it was none, each by itself, so that one that cannot be written holds up no other. */
async function append(batch: Taken[]): Promise<void> {
  try {
    const database = await db();
    await keyring(); // opened outside, so that it is kept
    const events = batch.map(({ event, count, lastAt }) => ({
      ...{ ...event, detail: { ...event.detail, count }, at: lastAt },
    }));
    await database.transaction((tx) => recordMany(tx, events));
  } catch (error) {
    if (batch.length > 1) await Promise.all(batch.map((one) => append([one])));
    else for (const one of batch) putBack(one, error);
  }
}

function putBack({ id, event, count, lastAt, tries }: Taken, error: unknown): void {
  const { waiting } = gathered();
  const same = waiting.get(id);
  const isKept = tries + 1 < MAX_TRIES && waiting.size < MAX_WAITING;
  const { userId, action } = event;
  log.warn(isKept ? "audit events wait for the database" : "audit events are lost", {
    ...{ userId, name: action, count, err: error },
  });
  if (same) same.count += count;
  else if (isKept) keep(id, { event, count, lastAt, tries: tries + 1 }, GATHER_MS);
}
