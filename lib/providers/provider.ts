import { env } from "@/lib/env";
import type { Provider } from "./names";

export { PROVIDERS, type Provider, providerNames } from "./names";

/** Base of the provider's API, with its version. */
export function apiBase(provider: Provider): string {
  const e = env();
  const bases: Record<Provider, string> = {
    openrouter: `${e.OPENROUTER_URL}/api/v1`,
    openai: e.OPENAI_BASE_URL,
    anthropic: e.ANTHROPIC_BASE_URL,
    google: e.GOOGLE_BASE_URL,
    xai: e.XAI_BASE_URL,
  };
  return bases[provider];
}

/** What a stored key is bound to: a key sealed for one host does not open for another (security.md, finding 7). */
export const endpointOrigin = (provider: Provider): string => new URL(apiBase(provider)).origin;

const ownHosts: Record<Provider, string> = {
  openrouter: "https://openrouter.ai",
  openai: "https://api.openai.com",
  anthropic: "https://api.anthropic.com",
  google: "https://generativelanguage.googleapis.com",
  xai: "https://api.x.ai",
};

/** False when the operator has put a gateway or a stand-in where the provider would be. */
export const isOwnHost = (provider: Provider): boolean => endpointOrigin(provider) === ownHosts[provider];
