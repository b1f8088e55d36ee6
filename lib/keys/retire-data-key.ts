import { destroyDataKey } from "@/lib/keyring/destroy-data-key";
import { disableDataKey } from "@/lib/keyring/disable-data-key";
import { enableDataKey } from "@/lib/keyring/enable-data-key";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { followDataKeys } from "@/lib/keyring/open-keyring";
import { alone } from "./alone";
import { forgetReplacedKeys } from "./forget-replaced-keys";

export type RetireCommand = "disable" | "enable" | "destroy";
/** `backupsGone` is for `destroy` alone: the operator's word that no backup holds a row under the key. */
type Retirement = { command: RetireCommand; kid: string; backupsGone?: boolean };

/**
 * The last steps of a rotation (security.md, section 3.2): an old data key that nothing is sealed under is disabled, can
 * be enabled again, and is destroyed once no backup needs it. Never while a rotation seals.
 *
 * @throws AppError with the reason, before anything is written.
 */
export async function retireDataKey({ command, kid, backupsGone = false }: Retirement): Promise<void> {
  await alone(async (db) => {
    await forgetReplacedKeys(db);
    if (command === "disable") await disableDataKey(db, kid);
    else if (command === "enable") await enableDataKey(db, await configuredKeks(), kid);
    else await destroyDataKey(db, kid, { backupsGone });
  });
  await followDataKeys(); // the server that does this for the embedded database; others look every 10 s
}
