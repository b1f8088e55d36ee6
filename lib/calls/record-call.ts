import { db } from "@/lib/db/client";
import { calls } from "@/lib/db/schema";
import { log } from "@/lib/log";

/** A paid call as it ended. */
export type CallRecord = Omit<typeof calls.$inferInsert, "id">;

/** Calls are gathered this long, so that many a second cost a few writes and none waits for one. */
const GATHER_MS = 200;
const BATCH = 500;
const RETRIES_MS = [200, 1000, 5000];
/** While the database is away for long: the newest are kept. */
const MAX_WAITING = 20_000;

type Gathered = { waiting: CallRecord[]; writing: Set<Promise<void>>; inHand: Set<CallRecord>; timer?: NodeJS.Timeout };
const shared = globalThis as { __chatelaineCalls?: Gathered };

export function gatheredCalls(): Gathered {
  shared.__chatelaineCalls ??= { waiting: [], writing: new Set(), inHand: new Set() };
  return shared.__chatelaineCalls;
}

/** Writes down a call, a moment later. A crash loses the calls of that moment; a clean stop loses none. */
export function recordCall(call: CallRecord): void {
  const gathered = gatheredCalls();
  gathered.waiting.push({ ...call, createdAt: call.createdAt ?? new Date() });
  if (gathered.waiting.length > MAX_WAITING) {
    gathered.waiting.shift();
    log.error("a paid call could not be written down: too many wait for the database", { userId: call.userId });
  }
  gathered.timer ??= setTimeout(() => void writeCalls(), GATHER_MS);
}

/** Writes what was gathered and waits for what is being written. Never rejects: what cannot be written is logged. */
export async function writeCalls(): Promise<void> {
  const gathered = gatheredCalls();
  clearTimeout(gathered.timer);
  gathered.timer = undefined;
  while (gathered.waiting.length > 0) {
    const batch = gathered.waiting.splice(0, BATCH);
    for (const call of batch) gathered.inHand.add(call);
    const done = write(batch).finally(() => {
      for (const call of batch) gathered.inHand.delete(call);
      gathered.writing.delete(done);
    });
    gathered.writing.add(done);
  }
  await Promise.all(gathered.writing);
}

async function write(batch: CallRecord[]): Promise<void> {
  for (const wait of [...RETRIES_MS, undefined]) {
    try {
      await (await db()).insert(calls).values(batch);
      return;
    } catch (error) {
      if (wait === undefined) return await writeSingly(batch, error);
      await new Promise((go) => setTimeout(go, wait));
    }
  }
}

/** One row that the database refuses (its account is gone, say) must not take the others with it. */
async function writeSingly(batch: CallRecord[], error: unknown): Promise<void> {
  if (batch.length === 1) return log.warn("paid calls could not be written down", { count: 1, err: error });
  for (const call of batch) {
    try {
      await (await db()).insert(calls).values(call);
    } catch (failure) {
      log.warn("paid calls could not be written down", { count: 1, userId: call.userId, err: failure });
    }
  }
}
