import { sql } from "drizzle-orm";
import type { Tx } from "@/lib/db/client";
import { PROVIDERS } from "@/lib/providers/names";
import type { KeyOwner } from "./find-key";

/** Any fixed number: keeps these locks apart from other advisory locks. */
const LOCK_SPACE = 7_240_273;

/**
 * Lets one change of a user's key at a time through, until the transaction ends. Row locks alone cannot do that while
 * there is no row yet, and a writer that finds none would then wait for one that waits for its data key. To be taken
 * before anything else is locked.
 */
export async function lockKey(tx: Tx, { userId, provider }: KeyOwner): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${`${userId} ${provider}`}))`);
}

/** The same for all keys of a user, those that do not exist yet among them. */
export async function lockKeys(tx: Tx, userId: string): Promise<void> {
  for (const provider of PROVIDERS) await lockKey(tx, { userId, provider });
}
