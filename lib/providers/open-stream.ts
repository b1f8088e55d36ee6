import type { JSONObject, LanguageModelV4CallOptions, LanguageModelV4StreamResult } from "@ai-sdk/provider";
import { directModel } from "./direct-model";
import type { Provider } from "./names";
import { openRouterModel } from "./openrouter";

type Call = Pick<
  LanguageModelV4CallOptions,
  "prompt" | "maxOutputTokens" | "temperature" | "topP" | "abortSignal" | "reasoning" | "tools"
> & {
  provider: Provider;
  apiKey: string;
  /** The provider's own name of it. */
  model: string;
  /** Pseudonymous, stable id of the person; OpenRouter alone is told. */
  user: string;
  /** Further fields of the body, for OpenRouter alone. */
  openrouter?: JSONObject;
};

/**
 * Asks a model for an answer, with that key, at its own provider and nowhere else.
 *
 * @throws what the provider's package throws; `explainFailure` says what it means. It holds the prompt: never log it.
 */
export async function openStream({
  provider,
  apiKey,
  model,
  user,
  openrouter,
  ...call
}: Call): Promise<LanguageModelV4StreamResult> {
  if (provider === "openrouter") {
    const routed = openrouter && { openrouter };
    return await openRouterModel({ apiKey, model, user }).doStream({ ...call, providerOptions: routed });
  }
  const direct = await directModel({ provider, apiKey, model });
  return await direct.model.doStream({ ...call, providerOptions: direct.providerOptions });
}
