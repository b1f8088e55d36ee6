import { listKeys } from "@/lib/keys/list-keys";
import { keyListUrl, revokeUrl } from "@/lib/openrouter/revoke-url";
import type { Provider } from "@/lib/providers/names";
import { providerPages } from "@/lib/providers/provider-pages";

export type RevokePage = { provider: Provider; url: string };

/** Where each key of a user can be revoked; to be asked while they are still here, for OpenRouter's is made of the key. */
export async function findRevokePages(userId: string): Promise<RevokePage[]> {
  const openRouterPage = (await revokeUrl(userId)) ?? keyListUrl();
  return (await listKeys(userId)).map(({ provider }) => ({
    provider,
    url: provider === "openrouter" ? openRouterPage : providerPages[provider].revoke,
  }));
}
