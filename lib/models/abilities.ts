import type { Provider } from "@/lib/providers/names";

/** What a model takes and can do besides reading and writing text. */
export type Abilities = { supportsReasoning: boolean; supportsWebSearch: boolean; inputModalities: string[] };

type Families = { reasons: RegExp; searches: RegExp; sees: RegExp };

/**
 * By the families of names, because the providers' own lists say none of this. It decides what is offered; a model that
 * cannot do it after all refuses, and nothing is charged. Sources: developers.openai.com/api/docs/models,
 * platform.claude.com/docs/en/about-claude/models, ai.google.dev/gemini-api/docs/models, docs.x.ai/docs/models.
 */
const families: Record<Exclude<Provider, "openrouter">, Families> = {
  openai: {
    reasons: /^(o[1-9]|gpt-([5-9]|oss))(?!.*chat)/,
    searches: /^(gpt-4o|gpt-4\.1|gpt-[5-9]|o[34])(?!.*nano)/,
    sees: /^(gpt-4o|gpt-4\.1|gpt-[5-9]|chatgpt|o[134](?!-mini-20)|o1)(?!.*oss)/,
  },
  anthropic: {
    reasons: /^claude-(3-7|fable|mythos|(opus|sonnet|haiku)-[4-9])/,
    searches: /^claude-(3-[57]|fable|mythos|(opus|sonnet|haiku)-[4-9])/,
    sees: /^claude-/,
  },
  google: { reasons: /^gemini-(2\.5|[3-9])/, searches: /^gemini-([2-9])/, sees: /^gemini-/ },
  xai: {
    reasons: /^grok-(3-mini|4-fast-reasoning|4-1|4\.|[5-9])/,
    searches: /^grok-[4-9]/,
    sees: /^grok-(2-vision|[4-9])/,
  },
};

export function directAbilities(provider: Exclude<Provider, "openrouter">, model: string): Abilities {
  const { reasons, searches, sees } = families[provider];
  return {
    supportsReasoning: reasons.test(model),
    supportsWebSearch: searches.test(model),
    // xAI reads pictures; documents it takes through another service of its own.
    inputModalities: sees.test(model) ? ["text", "image", ...(provider === "xai" ? [] : ["file"])] : ["text"],
  };
}
