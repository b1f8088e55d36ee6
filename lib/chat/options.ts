import type { JSONObject, LanguageModelV4CallOptions, LanguageModelV4ProviderTool } from "@ai-sdk/provider";
import { directAbilities } from "@/lib/models/abilities";
import type { ModelRef } from "@/lib/providers/model-id";
import type { Provider } from "@/lib/providers/names";

/** What is chosen for a conversation besides its model and its instructions. */
export type Choices = {
  /** What a provider may do with what it is sent. */
  privacy: "any" | "no_training" | "zero_retention";
  reasoningEffort: "low" | "medium" | "high" | null;
  webSearch: boolean;
};

export const NO_CHOICES: Choices = { privacy: "any", reasoningEffort: null, webSearch: false };

export type ChosenOptions = Pick<LanguageModelV4CallOptions, "reasoning" | "tools"> & {
  /** Further fields of a request to OpenRouter, in its own spelling. */
  openrouter?: JSONObject;
};

/**
 * The choices of a conversation in the words of the provider that is asked. OpenRouter takes all of them with any model
 * and ignores an effort where there is nothing to exert. The others are asked only for what their model can do, as they
 * refuse what it cannot; they have no routing, so the shield is not theirs to keep and the page says so.
 */
export function callOptions({ provider, model }: ModelRef, choices: Choices): ChosenOptions {
  if (provider === "openrouter") return routed(choices);
  const { supportsReasoning, supportsWebSearch } = directAbilities(provider, model);
  return {
    ...(choices.reasoningEffort && supportsReasoning && { reasoning: choices.reasoningEffort }),
    ...(choices.webSearch && supportsWebSearch && { tools: [searchTools[provider]] }),
  };
}

/** openrouter-wire.md, section 3.1 */
function routed({ privacy, reasoningEffort, webSearch }: Choices): ChosenOptions {
  const openrouter: JSONObject = {
    ...(reasoningEffort && { reasoning: { effort: reasoningEffort } }),
    ...(webSearch && { plugins: [{ id: "web" }] }),
    ...(privacy === "no_training" && { provider: { data_collection: "deny" } }),
    ...(privacy === "zero_retention" && { provider: { data_collection: "deny", zdr: true } }),
  };
  return Object.keys(openrouter).length > 0 ? { openrouter } : {};
}

/** The provider runs the search itself and bills it; an answer may search five times at the most where that can be said. */
const searchTools: Record<Exclude<Provider, "openrouter">, LanguageModelV4ProviderTool> = {
  openai: { type: "provider", id: "openai.web_search", name: "web_search", args: {} },
  anthropic: { type: "provider", id: "anthropic.web_search_20250305", name: "web_search", args: { maxUses: 5 } },
  google: { type: "provider", id: "google.google_search", name: "google_search", args: {} },
  xai: { type: "provider", id: "xai.web_search", name: "web_search", args: {} },
};
