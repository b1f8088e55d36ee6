import { PROVIDERS, type Provider } from "./names";

export type ModelRef = { provider: Provider; model: string };

/**
 * What a model id may look like; OpenRouter's own use `/`, `:` for variants and a leading `~` for aliases. Google's
 * become a part of the address that is asked, where two dots would lead elsewhere.
 */
export const MODEL_ID = /^(?!.*(\.\.|\/\/))[\w~][\w./:~+@-]{0,199}$/;

/** Model ids name their provider (`openai:gpt-5`); without a prefix it is OpenRouter's (contract.md, section 4). */
export function parseModelId(id: string): ModelRef {
  const at = id.indexOf(":");
  const prefix = PROVIDERS.find((provider) => provider === id.slice(0, at));
  return prefix ? { provider: prefix, model: id.slice(at + 1) } : { provider: "openrouter", model: id };
}

export const formatModelId = ({ provider, model }: ModelRef): string => `${provider}:${model}`;
