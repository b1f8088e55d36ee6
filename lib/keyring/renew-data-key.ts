import { and, eq } from "drizzle-orm";
import type { Db } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { newDataKey } from "./data-key";
import type { KekRing } from "./kek/kek";

/**
 * Puts a new data key in the place of an active one, which from then on only reads. The new one is wrapped by the same
 * key encryption key as its forerunner: every instance that reads that one reads this one too.
 *
 * @param kid the active data key to follow.
 * @returns the new kid; undefined when somebody else has renewed it already.
 */
export async function renewDataKey(db: Db, keks: KekRing, kid: string): Promise<string | undefined> {
  const isActive = and(eq(dataKeys.kid, kid), eq(dataKeys.state, "active"));
  const [old] = await db.select({ purpose: dataKeys.purpose, kekId: dataKeys.kekId }).from(dataKeys).where(isActive);
  if (!old) return undefined;
  const made = await newDataKey(old.purpose, keks.all.find(({ id }) => id === old.kekId) ?? keks.primary);
  return await db.transaction(async (tx) => {
    const retired = await tx
      .update(dataKeys)
      .set({ state: "decrypt" })
      .where(isActive)
      .returning({ kid: dataKeys.kid });
    if (retired.length === 0) return undefined;
    await tx.insert(dataKeys).values({ ...made, state: "active" });
    return made.kid;
  });
}
