import { isNotNull, sql } from "drizzle-orm";
import { userApiKeys } from "@/lib/db/schema";

export const UNUSED_DAYS = 30;
export const OVERDUE_DAYS = 90;

const t = userApiKeys;
const isStored = isNotNull(t.encryptedKey);

/** Stored, and not used for so many days; one that was never used counts from the day it was set. */
export const isUnusedFor = (days: number) =>
  sql<boolean>`(${isStored} and coalesce(${t.lastUsedAt}, ${t.keySetAt}) < now() - make_interval(days => ${days}::int))`;
export const isUnused = isUnusedFor(UNUSED_DAYS);

/** Stored, and set so long ago that the provider should give a new one. */
export const isOverdue = sql<boolean>`(${isStored} and ${t.keySetAt} < now() - make_interval(days => ${OVERDUE_DAYS}::int))`;
