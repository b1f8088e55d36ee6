import { and, eq, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { replacedKeys, userApiKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { eventHash } from "./event-hash";
import { publicColumns } from "./find-key";
import { uncheckedColumns } from "./key-info-columns";
import { lockKey } from "./lock-key";
import type { KeyRemoval } from "./remove-key";
import { isUndoable } from "./replaced-key";
import type { UserApiKey } from "./user-api-key";
import { verifyReplaced } from "./verify-key-history";

/**
 * Puts the key back that the last saving replaced, as it was sealed, and forgets the newer one. What the provider said
 * of it was said a while ago, so it is to be asked again at the next occasion.
 *
 * @throws AppError `not_found` when nothing was replaced in the last 15 minutes; `conflict` when what lies there is not
 *   the key that was replaced, by the account's log
 */
export async function undoReplace({ userId, provider, address, userAgent }: KeyRemoval): Promise<UserApiKey> {
  return await (await db()).transaction(async (tx) => {
    await lockKey(tx, { userId, provider });
    const owner = and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider));
    // Locked before its replaced one, in the order of every other writer.
    const [current] = await tx.select({ id: userApiKeys.id }).from(userApiKeys).where(owner).for("update");
    if ((await verifyReplaced(tx, userId, provider)).length > 0) {
      log.error("a replaced key is not the one that its log tells of", { userId, provider });
      throw new AppError(
        "conflict",
        "The key kept for this is not the one you had. It was not put back; yours is unchanged.",
      );
    }
    const [before] = await tx
      .delete(replacedKeys)
      .where(and(eq(replacedKeys.userId, userId), eq(replacedKeys.provider, provider), isUndoable))
      .returning();
    if (!current || !before || before.keyId !== current.id) {
      throw new AppError("not_found", "There is no replaced key to put back any more. Your key is unchanged.");
    }
    const { keyId, keyHash, encryptedKey, encryptionKeyId, keyHint, keyLabel, connectedAt, keySetAt, expiresAt } =
      before;
    const sealed = { encryptedKey, encryptionKeyId, keyHash, keyHint, keyLabel, connectedAt, keySetAt };
    const [row] = await tx
      .update(userApiKeys)
      .set({ ...sealed, ...uncheckedColumns, expiresAt, nextCheckAt: sql`now()`, updatedAt: sql`now()` })
      .where(and(owner, eq(userApiKeys.id, keyId)))
      .returning(publicColumns);
    if (!row || keyHash === null) throw new Error("a replaced key without a hash, or without its row");
    const detail = { keyId, hash: eventHash(keyHash), undo: true };
    await record(tx, { userId, action: "key_saved", provider, detail, address, userAgent });
    return row;
  });
}
