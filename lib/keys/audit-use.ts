import { gather } from "@/lib/audit/gather";
import type { Payer } from "./with-key";

/** Tells the account's security log whose key paid. Gathered and written beside, so that no answer waits for it. */
export function auditUse(userId: string, { provider, keyId, fallback = "no_key" }: Payer): void {
  if (keyId !== null) gather({ userId, action: "key_used", provider, detail: { keyId } });
  else gather({ userId, action: "shared_key_used", provider, detail: { reason: fallback } });
}
