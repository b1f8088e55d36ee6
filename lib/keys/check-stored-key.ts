import { and, eq, isNotNull } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { checkKey, type KeyCheckResult } from "@/lib/providers/check-key";
import type { KeyOwner } from "./find-key";
import { checkedLater } from "./next-check";
import { noteCheck } from "./note-check";
import { isSameKey, setKeyState } from "./set-state";
import { type LentKey, withStoredKey } from "./with-key";

export type CheckKey = (question: Parameters<typeof checkKey>[0]) => Promise<KeyCheckResult>;

/**
 * Asks the provider about the stored key and writes down what it says. A provider that cannot be asked changes nothing
 * but the time of the next attempt.
 *
 * @param asked the user wants to know, rather than the schedule.
 * @throws AppError `no_key`, or `key_invalid` when the stored key does not open
 */
export async function checkStoredKey(
  { userId, provider, asked }: KeyOwner & { asked: boolean },
  check: CheckKey = checkKey,
): Promise<KeyCheckResult> {
  return await withStoredKey({ userId, provider }, async (apiKey, lent) => {
    const result = await check({ provider, apiKey });
    const key = { userId, provider, ...lent };
    if (isUsable(result)) await noteCheck({ ...key, apiKey, check: result, forgiveCredit: asked });
    else if (result.status === "unchecked") await postpone(key, result);
    else await setKeyState({ ...key, state: result.keyState === "expired" ? "expired" : "invalid" });
    return result;
  });
}

type UsableResult = KeyCheckResult & { status: "valid" | "restricted" | "no_credit" };

/** A key that its provider takes, though perhaps not for everything or not without credit. */
export const isUsable = (result: KeyCheckResult): result is UsableResult =>
  ["valid", "restricted", "no_credit"].includes(result.status) &&
  result.keyState !== "invalid" &&
  result.keyState !== "expired";

async function postpone({ userId, provider, keyId, keySetAt }: KeyOwner & LentKey, result: KeyCheckResult) {
  log.warn("a key could not be checked", { userId, provider, keyId, detail: result.reason });
  const thisKey = and(eq(userApiKeys.id, keyId), eq(userApiKeys.userId, userId), isSameKey(keySetAt));
  await (await db())
    .update(userApiKeys)
    .set({ nextCheckAt: checkedLater(result.retryAfterSeconds) })
    .where(and(thisKey, isNotNull(userApiKeys.encryptedKey)));
}
