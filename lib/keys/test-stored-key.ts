import { AppError, isAppError } from "@/lib/errors";
import { checkKey, type KeyCheckResult } from "@/lib/providers/check-key";
import { type CheckKey, checkStoredKey } from "./check-stored-key";
import { findKey } from "./find-key";
import type { KeyRemoval } from "./remove-key";
import { recordTest } from "./try-key";
import type { UserApiKey } from "./user-api-key";

/**
 * Asks the provider about the stored key because its owner wants to know, and tells the account's log of it.
 *
 * @throws AppError `not_found` when there is no key; `key_invalid` when it does not open
 */
export async function testStoredKey(
  owner: KeyRemoval,
  ask: CheckKey = checkKey,
): Promise<{ check: KeyCheckResult; key: UserApiKey }> {
  const check = await checkStoredKey({ ...owner, asked: true }, ask).catch((error: unknown) => {
    throw isAppError(error) && error.code === "no_key" ? notThere() : error;
  });
  await recordTest(owner, check);
  const key = await findKey(owner);
  if (!key) throw notThere(); // removed while it was checked
  return { check, key };
}

const notThere = () => new AppError("not_found", "You have no key of this provider to check.");
