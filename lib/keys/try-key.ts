import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { checkKey, type KeyCheckResult } from "@/lib/providers/check-key";
import type { CheckKey } from "./check-stored-key";
import type { KeyRemoval } from "./remove-key";

/** Asks the provider about a pasted key. Nothing of the key is stored. */
export async function tryKey(
  { apiKey, ...origin }: KeyRemoval & { apiKey: string },
  ask: CheckKey = checkKey,
): Promise<KeyCheckResult> {
  const check = await ask({ provider: origin.provider, apiKey });
  await recordTest(origin, check);
  return check;
}

/** Tells the account's log that a key was tried and what became of it; of the key itself it says nothing. */
export async function recordTest(
  { userId, provider, address, userAgent }: KeyRemoval,
  { status }: KeyCheckResult,
): Promise<void> {
  await record(await db(), { userId, action: "key_tested", provider, detail: { status }, address, userAgent });
}
