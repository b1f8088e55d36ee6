import { env } from "@/lib/env";

export const PROVIDERS = ["openrouter", "openai", "anthropic", "google", "xai"] as const;
export type Provider = (typeof PROVIDERS)[number];

export const providerNames: Record<Provider, string> = {
  openrouter: "OpenRouter",
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google AI",
  xai: "xAI",
};

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
