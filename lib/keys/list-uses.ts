import { and, asc, eq, gt, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { keyUseDays } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { findKey, type KeyOwner } from "./find-key";

export const USE_DAYS = 90;

export type KeyUses = {
  usageCount: number;
  lastUsedAt: Date | null;
  createdAt: Date;
  keySetAt: Date;
  /** The last 90 days of UTC, today among them; days without a use are left out. */
  byDay: { day: string; count: number }[];
};

/** How often a key was used. @throws AppError `not_found` when there is no row */
export async function listUses({ userId, provider }: KeyOwner): Promise<KeyUses> {
  const key = await findKey({ userId, provider });
  if (!key) throw new AppError("not_found", "You have no key of this provider.");
  const { usageCount, lastUsedAt, createdAt, keySetAt } = key;
  const byDay = await (await db())
    .select({ day: keyUseDays.day, count: keyUseDays.uses })
    .from(keyUseDays)
    .where(
      and(
        eq(keyUseDays.userId, userId),
        eq(keyUseDays.provider, provider),
        gt(keyUseDays.day, sql`(now() at time zone 'UTC')::date - ${USE_DAYS}::int`),
      ),
    )
    .orderBy(asc(keyUseDays.day));
  return { usageCount, lastUsedAt, createdAt, keySetAt, byDay };
}
