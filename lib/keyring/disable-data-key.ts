import { eq } from "drizzle-orm";
import type { Db } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { lockDataKey, refuseWhileNamed, unchanged } from "./lock-data-key";

/**
 * Takes a data key that nothing is sealed under any more out of use: what still turns up under it, from a backup or an
 * attacker, does not open. `enableDataKey` undoes it.
 *
 * @throws AppError with the reason, before anything is written.
 */
export async function disableDataKey(db: Db, kid: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { state } = await lockDataKey(tx, kid);
    if (state === "active") {
      throw unchanged(`data key ${kid} seals what is saved now. Run npm run keys -- rotate --data first.`);
    }
    if (state === "disabled") throw unchanged(`data key ${kid} is disabled already.`);
    if (state === "destroyed") throw unchanged(`data key ${kid} was destroyed.`);
    await refuseWhileNamed(tx, kid, "Run npm run keys -- rotate first.");
    await tx.update(dataKeys).set({ state: "disabled" }).where(eq(dataKeys.kid, kid));
  });
}
