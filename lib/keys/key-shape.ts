import type { Provider } from "@/lib/providers/provider";

/** How the providers' keys look. A text of another shape is a key of another provider, still encrypted, or no key. */
const shapes: Record<Provider, RegExp> = {
  openrouter: /^sk-or-[\w-]{16,500}$/,
  openai: /^sk-(?!or-|ant-)[\w-]{16,500}$/,
  anthropic: /^sk-ant-[\w-]{16,500}$/,
  google: /^(AIza|AQ\.)[\w.-]{16,500}$/,
  xai: /^xai-[\w-]{16,500}$/,
};

export const hasKeyShape = (text: string, provider: Provider): boolean => shapes[provider].test(text);
