import { asc } from "drizzle-orm";
import type { DbOrTx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";

/** Every account that has a security log, deleted ones included. */
export async function listAccounts(db: DbOrTx): Promise<string[]> {
  const { userId } = auditEvents;
  const rows = await db.selectDistinct({ userId }).from(auditEvents).orderBy(asc(userId));
  return rows.map((row) => row.userId);
}
