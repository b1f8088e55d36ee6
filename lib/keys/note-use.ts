import { and, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { log } from "@/lib/log";

/** Counts one use of a key. Never rejects: the answer does not wait for it and is not lost with it. */
export async function noteUse({ userId, keyId }: { userId: string; keyId: string }): Promise<void> {
  try {
    await (await db())
      .update(userApiKeys)
      .set({ usageCount: sql`${userApiKeys.usageCount} + 1`, lastUsedAt: sql`now()` })
      .where(and(eq(userApiKeys.id, keyId), eq(userApiKeys.userId, userId)));
  } catch (error) {
    log.warn("a use of a key could not be counted", { userId, keyId, err: error });
  }
}
