import { checkKey, type KeyCheckResult } from "@/lib/providers/check-key";
import { type CheckKey, isUsable } from "./check-stored-key";
import { findKey } from "./find-key";
import type { KeyRemoval } from "./remove-key";
import { type KeyToSave, saveKey } from "./save-key";
import { recordTest } from "./try-key";
import type { UserApiKey } from "./user-api-key";

export type KeyToAdd = KeyRemoval & Pick<KeyToSave, "apiKey" | "settings" | "alongside">;

/** `key` is undefined when nothing was stored: the provider refused the key, or could not be asked. */
export type Addition = { check: KeyCheckResult; key?: UserApiKey };

/**
 * Takes a pasted key in: asks the provider, then seals and stores it. The key that was there before is not touched until
 * the new one has proved good.
 *
 * @throws AppError `conflict` when the key before was removed or deactivated meanwhile: that was meant
 */
export async function addKey(key: KeyToAdd, ask: CheckKey = checkKey): Promise<Addition> {
  const before = await findKey(key);
  const check = await ask({ provider: key.provider, apiKey: key.apiKey });
  if (!isUsable(check)) {
    await recordTest(key, check);
    return { check };
  }
  const onlyIfStill = before === undefined || before.state === "inactive" ? undefined : before.id;
  return { check, key: await saveKey({ ...key, info: undefined, check, action: "key_saved", onlyIfStill }) };
}
