import type { DbOrTx } from "@/lib/db/client";
import { keyring } from "@/lib/keyring/open-keyring";
import { log } from "@/lib/log";
import { gather } from "./gather";
import { type AuditEvent, record } from "./record";

/**
 * `record`, made ready before the transaction, for what must go on without encryption keys: signing in and out, and
 * making an account. While the key ring cannot be opened these events are gathered, and written once it can.
 */
export async function recorder(): Promise<(tx: DbOrTx, event: AuditEvent) => Promise<void>> {
  try {
    await keyring();
    return record;
  } catch (error) {
    log.warn("an audit event waits for the encryption keys", { err: error });
    return async (_, event) => gather(event);
  }
}
