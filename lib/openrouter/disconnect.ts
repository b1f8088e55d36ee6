import { type KeyRemoval, removeKey } from "@/lib/keys/remove-key";
import { revokeUrl } from "./revoke-url";

/** Forgets the user's OpenRouter key. Doing it again changes nothing and has no page to revoke at. */
export async function disconnect(
  removal: Omit<KeyRemoval, "provider">,
): Promise<{ disconnected: true; revokeUrl: string | null }> {
  const url = await revokeUrl(removal.userId); // while there is still a key to make it of
  const removed = await removeKey({ ...removal, provider: "openrouter" });
  return { disconnected: true, revokeUrl: removed ? url : null };
}
