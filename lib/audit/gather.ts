import { db } from "@/lib/db/client";
import { log } from "@/lib/log";
import { inertText } from "./inert";
import { type AuditEvent, record } from "./record";

/** Equal events of this long become one with a count. A crash loses no more than this; a clean stop loses none. */
const GATHER_MS = 60_000;
/** More than this are not kept waiting: the oldest is written at once. */
const MAX_WAITING = 2000;
const MAX_TRIES = 5;

type Waiting = { event: AuditEvent; count: number; lastAt: Date; tries: number; timer: NodeJS.Timeout };
type Gathered = { waiting: Map<string, Waiting>; writing: Map<Promise<void>, string> };
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
  if (waiting.size > maxWaiting) void write(waiting.keys().next().value as string);
}

/** Writes what was gathered, of everybody or of one account, and waits for what is being written. Never rejects. */
export async function writeGathered(userId?: string): Promise<void> {
  const { waiting, writing } = gathered();
  for (const [id, { event }] of waiting) if (userId === undefined || event.userId === userId) void write(id);
  await Promise.all([...writing].filter(([, owner]) => userId === undefined || owner === userId).map(([done]) => done));
}

function keep(id: string, entry: Omit<Waiting, "timer">, withinMs: number): void {
  const timer = setTimeout(() => void write(id), withinMs).unref();
  gathered().waiting.set(id, { ...entry, timer });
}

function write(id: string): Promise<void> {
  const { waiting, writing } = gathered();
  const entry = waiting.get(id);
  if (!entry) return Promise.resolve();
  waiting.delete(id);
  clearTimeout(entry.timer);
  const done = append(id, entry).finally(() => writing.delete(done));
  writing.set(done, entry.event.userId);
  return done;
}

async function append(id: string, { event, count, lastAt, tries }: Waiting): Promise<void> {
  try {
    await record(await db(), { ...event, detail: { ...event.detail, count } }, () => lastAt);
  } catch (error) {
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
}
