import { and, eq, isNotNull, sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import type { KeyOwner } from "./find-key";
import { checkedNextDay } from "./next-check";
import type { KeyState } from "./user-api-key";

export type StateChange = KeyOwner & {
  keyId: string;
  /** When the key was set that the provider judged (`Payer.keySetAt`): a newer key under the same id is left alone. */
  keySetAt?: Date | null;
  state: Exclude<KeyState, "inactive" | "undecryptable">;
};

/** The driver gives milliseconds, the column has microseconds. */
export const isSameKey = (keySetAt: Date) =>
  sql`date_trunc('milliseconds', ${userApiKeys.keySetAt}) = ${keySetAt.toISOString()}::timestamptz`;

/** Stores what the provider just said of a key. A change for the worse is audited (`key_rejected`) along with it. */
export async function setKeyState({ userId, provider, keyId, keySetAt, state }: StateChange): Promise<void> {
  await (await db()).transaction(async (tx) => {
    const thisKey = and(
      eq(userApiKeys.id, keyId),
      eq(userApiKeys.userId, userId),
      isNotNull(userApiKeys.encryptedKey),
      keySetAt ? isSameKey(keySetAt) : undefined,
    );
    const [before] = await tx.select({ state: userApiKeys.state }).from(userApiKeys).where(thisKey).for("update");
    if (before === undefined) return; // removed or replaced meanwhile
    await tx
      .update(userApiKeys)
      .set({
        state,
        checkStatus: state === "active" ? undefined : null,
        lastVerifiedAt: sql`now()`,
        nextCheckAt: checkedNextDay,
        updatedAt: sql`now()`,
      })
      .where(and(eq(userApiKeys.id, keyId), eq(userApiKeys.userId, userId)));
    if (state !== "active" && state !== before.state) {
      await record(tx, { userId, action: "key_rejected", provider, detail: { keyId, state } });
    }
  });
}
