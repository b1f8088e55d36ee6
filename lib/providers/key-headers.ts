import type { Provider } from "./names";

const ANTHROPIC_VERSION = "2023-06-01";

/** How each provider is shown a key: always in a header, never in a URL. */
export function keyHeaders(provider: Provider, apiKey: string): Record<string, string> {
  switch (provider) {
    case "anthropic":
      return { "x-api-key": apiKey, "anthropic-version": ANTHROPIC_VERSION };
    case "google":
      return { "x-goog-api-key": apiKey };
    default:
      return { authorization: `Bearer ${apiKey}` };
  }
}
