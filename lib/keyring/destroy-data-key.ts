import { eq } from "drizzle-orm";
import type { Db } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { lockDataKey, refuseWhileNamed, unchanged } from "./lock-data-key";

/**
 * Wipes a disabled data key for good. Its row stays, as a name for what an old backup may still hold.
 *
 * @param backupsGone the operator's word that no backup with rows under it is kept any more; nobody else can know.
 * @throws AppError with the reason, before anything is written.
 */
export async function destroyDataKey(db: Db, kid: string, { backupsGone }: { backupsGone: boolean }): Promise<void> {
  await db.transaction(async (tx) => {
    const { state } = await lockDataKey(tx, kid);
    if (state === "destroyed") throw unchanged(`data key ${kid} was destroyed already.`);
    if (state !== "disabled") {
      throw unchanged(
        `data key ${kid} is in use. Run npm run keys -- disable --kid ${kid}, and destroy it once nobody has missed it.`,
      );
    }
    await refuseWhileNamed(tx, kid, `Run npm run keys -- enable --kid ${kid}, then npm run keys -- rotate.`);
    if (!backupsGone) {
      throw unchanged(
        `keys in a backup from before the last rotation open only with data key ${kid}. ` +
          "Once every such backup is deleted, run this again with --backups-gone: it cannot be undone.",
      );
    }
    await tx.update(dataKeys).set({ state: "destroyed", wrapped: "" }).where(eq(dataKeys.kid, kid));
  });
}
