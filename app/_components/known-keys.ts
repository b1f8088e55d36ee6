import { toConfig } from "@/app/api/provider-configs/config";
import type { KeyList } from "@/lib/client/types";
import { keyNotices } from "@/lib/keys/key-notices";
import { listKeys } from "@/lib/keys/list-keys";

/** What GET /api/provider-configs would answer, drawn with the page: a notice that came later would push it about. */
export async function knownKeys(userId: string): Promise<KeyList> {
  const keys = await listKeys(userId);
  return JSON.parse(JSON.stringify({ items: keys.map(toConfig), notices: keyNotices(keys, new Date()) })) as KeyList;
}
