import { and, isNull, lt, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { log } from "@/lib/log";

const EVERY_MS = 60 * 60_000;
const shared = globalThis as { __chatelaineAttachments?: NodeJS.Timeout };

/** Forgets files that nobody sent for a day. @returns how many there were. */
export async function sweepAttachments(): Promise<number> {
  const database = await db();
  const swept = await database
    .delete(attachments)
    .where(and(isNull(attachments.conversationId), lt(attachments.createdAt, sql`now() - interval '1 day'`)))
    .returning({ id: attachments.id });
  return swept.length;
}

/** Sweeps every hour, once a process. */
export function sweepAttachmentsRegularly(): void {
  shared.__chatelaineAttachments ??= setInterval(() => {
    sweepAttachments().catch((error: unknown) => log.warn("unsent files could not be swept", { err: error }));
  }, EVERY_MS).unref();
}
