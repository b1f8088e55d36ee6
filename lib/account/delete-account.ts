import { writeGathered } from "@/lib/audit/gather";
import { record } from "@/lib/audit/record";
import { removeUser } from "@/lib/auth/remove-user";
import { stopOwnAnswers } from "@/lib/chat/stop";
import { requestStopAll } from "@/lib/conversations/request-stop";
import { db } from "@/lib/db/client";
import { deactivateAllKeys } from "@/lib/keys/deactivate-key";
import { lockKeys } from "@/lib/keys/lock-key";
import { findRevokePages, type RevokePage } from "./revoke-pages";

/**
 * Deletes an account and all that belongs to it: running answers are stopped, keys wiped, and then everything goes, in
 * one transaction with its event. The security log stays, with the fact and without who it was.
 *
 * @returns where each key can be revoked: its provider goes on accepting it until then
 */
export async function deleteAccount(caller: {
  userId: string;
  address: string;
  userAgent: string | undefined;
}): Promise<{ revokePages: RevokePage[] }> {
  const { userId } = caller;
  const revokePages = await findRevokePages(userId);
  await requestStopAll(userId);
  await stopOwnAnswers(userId);
  await writeGathered(userId); // what was done before stands before the end
  await (await db()).transaction(async (tx) => {
    await lockKeys(tx, userId); // a key that is being saved is waited for, or else it would be stored for nobody
    const keys = await deactivateAllKeys(caller, tx);
    await removeUser(tx, userId);
    await record(tx, { ...caller, action: "account_deleted", detail: { keys: keys.length } });
  });
  return { revokePages };
}
