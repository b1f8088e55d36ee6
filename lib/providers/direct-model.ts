import type { LanguageModelV4, SharedV4ProviderOptions } from "@ai-sdk/provider";
import type { DirectProvider } from "./direct-refusal";
import { apiBase } from "./provider";
import { refusalsByStatus } from "./refusals-by-status";

/** A model and what is always asked of it. */
export type DirectModel = { model: LanguageModelV4; providerOptions: SharedV4ProviderOptions };

/** Gemini models that think; the others refuse to be asked for their thoughts. */
const THINKING_GEMINI = /^gemini-(2\.5|[3-9])(?!.*(image|tts|audio|live))/;

/** Claudes that think unless told otherwise, and keep it to themselves unless asked to show it. */
const THINKING_CLAUDE = /^claude-(fable|mythos|opus|sonnet)-5/;

/**
 * One model for one request, never kept. Each provider's package is loaded when it is first asked for, so that a start
 * with OpenRouter alone pays for none of them. Key and address are always given: without them a package would take what
 * it finds in the environment.
 */
export async function directModel({
  provider,
  apiKey,
  model,
}: {
  provider: DirectProvider;
  apiKey: string;
  model: string;
}): Promise<DirectModel> {
  if (apiKey === "") throw new Error("a provider was built without a key");
  const settings = { apiKey, baseURL: apiBase(provider), fetch: refusalsByStatus };
  switch (provider) {
    case "openai": {
      const { createOpenAI } = await import("@ai-sdk/openai");
      // Answers are kept here and nowhere else. Summaries of reasoning are not asked for: OpenAI refuses the whole
      // request of an organization that has not proved who it is.
      return { model: createOpenAI(settings).responses(model), providerOptions: { openai: { store: false } } };
    }
    case "anthropic": {
      const { createAnthropic } = await import("@ai-sdk/anthropic");
      const thinking = THINKING_CLAUDE.test(model) ? { thinking: { type: "adaptive", display: "summarized" } } : {};
      return { model: createAnthropic(settings)(model), providerOptions: { anthropic: thinking } };
    }
    case "google": {
      const { createGoogle } = await import("@ai-sdk/google");
      const thinkingConfig = THINKING_GEMINI.test(model) ? { thinkingConfig: { includeThoughts: true } } : {};
      return { model: createGoogle(settings)(model), providerOptions: { google: thinkingConfig } };
    }
    case "xai": {
      const { createXai } = await import("@ai-sdk/xai");
      return { model: createXai(settings).responses(model), providerOptions: { xai: { store: false } } };
    }
  }
}
