import { and, desc, eq, lt } from "drizzle-orm";
import { db as openDb } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { AuditDetail } from "./chain";

export type ListedEvent = {
  seq: number;
  action: string;
  provider: string | null;
  detail: AuditDetail;
  address: string | null;
  userAgent: string | null;
  at: Date;
};

type Page = { userId: string; limit?: number; cursor?: string | null };

/**
 * An account's own events, newest first.
 *
 * @param limit 1 to 100.
 * @param cursor `nextCursor` of the page before.
 * @throws AppError `invalid_request` for a cursor that no page gave.
 */
export async function listEvents({ userId, limit = 50, cursor }: Page): Promise<{
  items: ListedEvent[];
  nextCursor: string | null;
}> {
  const db = await openDb();
  const size = Math.min(Math.max(Math.trunc(limit), 1), 100);
  const { seq, action, provider, detail, address, userAgent, at } = auditEvents;
  const rows = await db
    .select({ seq, action, provider, detail, address, userAgent, at })
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.userId, userId),
        cursor !== undefined && cursor !== null ? lt(auditEvents.seq, readCursor(cursor)) : undefined,
      ),
    )
    .orderBy(desc(auditEvents.seq))
    .limit(size + 1);
  const items = rows.slice(0, size);
  return { items, nextCursor: rows.length > size ? String(items.at(-1)?.seq) : null };
}

function readCursor(cursor: string): number {
  if (!/^[1-9]\d{0,14}$/.test(cursor)) {
    throw new AppError("invalid_request", "The cursor is not one that a page gave. Start from the first page.", {
      issues: [{ path: "cursor", message: "not a cursor of this list" }],
    });
  }
  return Number(cursor);
}
