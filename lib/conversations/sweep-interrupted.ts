import { and, eq, lt, notInArray, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { messages } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { forgetLogs, loggedParts } from "./answer-log";
import { GROWN } from "./answer-signals";
import { storableJson } from "./storable";

/** An answer whose writer has given no sign for this long belongs to a process that died. A writer shows itself every second. */
const SILENT_SECONDS = 8;

type Sweep = {
  conversationId?: string;
  /** Answers that this process writes: it lives, even when the database has not heard of it for a while. */
  except?: string[];
  silentSeconds?: number;
};

/**
 * Marks answers of dead processes as interrupted, so that none stays "streaming" for ever, with the text that their log
 * holds. Marking comes first: from then on a writer that was only slow appends nothing more.
 *
 * @returns how many there were.
 */
export async function sweepInterrupted({
  conversationId,
  except = [],
  silentSeconds = SILENT_SECONDS,
}: Sweep = {}): Promise<number> {
  return (await db()).transaction(async (tx) => {
    const swept = await tx
      .update(messages)
      .set({ status: "interrupted", finishedAt: sql`now()` })
      .where(
        and(
          eq(messages.status, "streaming"),
          lt(messages.heartbeatAt, sql`now() - make_interval(secs => ${silentSeconds})`),
          conversationId ? eq(messages.conversationId, conversationId) : undefined,
          except.length > 0 ? notInArray(messages.id, except) : undefined,
        ),
      )
      .returning({ id: messages.id, told: sql`pg_notify(${GROWN}, ${messages.id}::text)` });
    const ids = swept.map(({ id }) => id);
    for (const [id, parts] of await loggedParts(tx, ids)) {
      await tx
        .update(messages)
        .set({ parts: sql`${storableJson(parts)}::text::jsonb` })
        .where(eq(messages.id, id));
    }
    await forgetLogs(tx, ids);
    return ids.length;
  });
}

const EVERY_MS = 5000;
const shared = globalThis as { __chatelaineSweep?: NodeJS.Timeout };

/** Sweeps now and then, once a process. @param own ids of the answers that this process writes */
export function sweepRegularly(own: () => string[]): void {
  shared.__chatelaineSweep ??= setInterval(() => {
    sweepInterrupted({ except: own() }).catch((error: unknown) =>
      log.warn("interrupted answers could not be marked", { err: error }),
    );
  }, EVERY_MS).unref();
}
