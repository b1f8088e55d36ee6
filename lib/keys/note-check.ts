import { and, eq, isNotNull, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import type { KeyInfo } from "@/lib/providers/openrouter-key";
import type { KeyOwner } from "./find-key";
import { infoColumns } from "./key-info-columns";
import { isSameKey } from "./set-state";
import { safeLabel } from "./user-api-key";

export type KeyCheckNote = KeyOwner & {
  keyId: string;
  keySetAt: Date;
  apiKey: string;
  info: KeyInfo;
  /**
   * OpenRouter tells an ordinary key no account balance, so a check cannot see that credit came back. True when the
   * user asked for the check: then `out_of_credit` is taken off as well, and the next chat shows whether rightly.
   */
  forgiveCredit: boolean;
};

/** Stores what a check of the key brought. A key replaced since is left alone. */
export async function noteCheck({ userId, provider, keyId, keySetAt, apiKey, info, forgiveCredit }: KeyCheckNote) {
  const { state, ...columns } = infoColumns(info);
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
        ...columns,
        ...(keepState ? {} : { state }),
        keyLabel: safeLabel(info.label, apiKey),
        updatedAt: sql`now()`,
      })
      .where(and(eq(userApiKeys.id, keyId), eq(userApiKeys.userId, userId)))
      .returning({ state: userApiKeys.state });
    if (after && after.state !== "active" && after.state !== before.state) {
      await record(tx, { userId, action: "key_rejected", provider, detail: { keyId, state: after.state } });
    }
  });
}
