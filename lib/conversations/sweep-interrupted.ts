import { and, eq, lt, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { messages } from "@/lib/db/schema";
import { log } from "@/lib/log";

/** An answer whose writer has given no sign for this long belongs to a process that died. Progress is saved every 0.5 s. */
const SILENT_SECONDS = 8;

/**
 * Marks answers of dead processes as interrupted, so that none stays "streaming" for ever; their text is kept.
 *
 * @returns how many there were.
 */
export async function sweepInterrupted({ conversationId }: { conversationId?: string } = {}): Promise<number> {
  const database = await db();
  const swept = await database
    .update(messages)
    .set({ status: "interrupted", finishedAt: sql`now()` })
    .where(
      and(
        eq(messages.status, "streaming"),
        lt(messages.heartbeatAt, sql`now() - make_interval(secs => ${SILENT_SECONDS})`),
        conversationId ? eq(messages.conversationId, conversationId) : undefined,
      ),
    )
    .returning({ id: messages.id });
  return swept.length;
}

const EVERY_MS = 5000;
const shared = globalThis as { __chatelaineSweep?: NodeJS.Timeout };

/** Sweeps now and then, once a process. */
export function sweepRegularly(): void {
  shared.__chatelaineSweep ??= setInterval(() => {
    sweepInterrupted().catch((error: unknown) => log.warn("interrupted answers could not be marked", { err: error }));
  }, EVERY_MS).unref();
}
