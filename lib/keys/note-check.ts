import { and, eq, isNotNull, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import type { KeyOwner } from "./find-key";
import { checkColumns, type UsableCheck } from "./key-info-columns";
import { checkedNextDay } from "./next-check";
import { isSameKey } from "./set-state";
import { safeLabel } from "./user-api-key";

export type KeyCheckNote = KeyOwner & {
  keyId: string;
  keySetAt: Date;
  apiKey: string;
  check: UsableCheck;
  /**
   * No provider tells an ordinary key the account's balance, so a check cannot see that credit came back. True when the
   * user asked for the check: then `out_of_credit` is taken off as well, and the next chat shows whether rightly.
   */
  forgiveCredit: boolean;
};

/** Stores what a check of a key brought that the provider takes. A key replaced since is left alone. */
export async function noteCheck({ userId, provider, keyId, keySetAt, apiKey, check, forgiveCredit }: KeyCheckNote) {
  const { state, checkStatus, lastVerifiedAt, ...figures } = checkColumns(check);
  const label = check.info && { keyLabel: safeLabel(check.info.label, apiKey) };
  await (await db()).transaction(async (tx) => {
    const thisKey = and(
      eq(userApiKeys.id, keyId),
      eq(userApiKeys.userId, userId),
      isNotNull(userApiKeys.encryptedKey),
      isSameKey(keySetAt),
    );
    const [before] = await tx.select({ state: userApiKeys.state }).from(userApiKeys).where(thisKey).for("update");
    if (before === undefined) return;
    const keepState = before.state === "out_of_credit" && !forgiveCredit;
    const [after] = await tx
      .update(userApiKeys)
      .set({
        ...(check.info ? figures : {}),
        ...label,
        ...(keepState ? {} : { state }),
        checkStatus,
        lastVerifiedAt,
        nextCheckAt: checkedNextDay,
        updatedAt: sql`now()`,
      })
      .where(and(eq(userApiKeys.id, keyId), eq(userApiKeys.userId, userId)))
      .returning({ state: userApiKeys.state });
    if (after && after.state !== "active" && after.state !== before.state) {
      await record(tx, { userId, action: "key_rejected", provider, detail: { keyId, state: after.state } });
    }
  });
}
