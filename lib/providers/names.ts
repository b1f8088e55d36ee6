/** Apart from provider.ts, which reads the environment, so that pages in the browser can have them too. */
export const PROVIDERS = ["openrouter", "openai", "anthropic", "google", "xai"] as const;
export type Provider = (typeof PROVIDERS)[number];

export const providerNames: Record<Provider, string> = {
  openrouter: "OpenRouter",
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google AI",
  xai: "xAI",
};
