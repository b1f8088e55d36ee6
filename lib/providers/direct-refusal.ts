import { type Provider, providerNames } from "./names";
import type { Facts, Verdict } from "./refusal";

export type DirectProvider = Exclude<Provider, "openrouter">;

/**
 * What a failed call to a provider other than OpenRouter means (openrouter-wire.md, section 7): its own words first,
 * then what every provider means by the status.
 */
export function judgeDirect(provider: DirectProvider, facts: Facts): Verdict {
  const name = providerNames[provider];
  const { status } = facts;
  if (facts.timedOut || status === 408 || status === 504 || status === 524) return timedOut(name);
  return own[provider](facts) ?? byStatus(name, facts);
}

/** What a provider says in its own way; undefined when the status alone has to say it. */
const own: Record<DirectProvider, (facts: Facts) => Verdict | undefined> = {
  openai: ({ status, errorType = "", message }) => {
    if (/^(insufficient_quota|billing_hard_limit_reached|billing_not_active)$/.test(errorType))
      return outOfCredit("OpenAI");
    if (errorType === "context_length_exceeded") return tooLong;
    if (/content_policy|invalid_prompt|content_filter/.test(errorType)) return refusesText("OpenAI");
    if (status !== 401 && status !== 403) return undefined;
    if (errorType === "invalid_api_key" || /incorrect api key/i.test(message)) return keyInvalid("OpenAI");
    if (/country|region/i.test(errorType + message)) return notHere("OpenAI");
    if (errorType === "missing_scope" || /missing scopes?|insufficient permissions/i.test(message))
      return notAllowed("OpenAI");
    if (/\bip\b.*not (authorized|allowed)|not (authorized|allowed).*\bip\b|member of an organization/i.test(message)) {
      return {
        code: "key_invalid",
        sentence:
          "OpenAI does not accept this key from this server. Nothing was charged. Allow the server's address at OpenAI, or save another key.",
      };
    }
    return undefined;
  },

  anthropic: ({ status, errorType, message }) => {
    if (errorType === "billing_error" || (status === 400 && /credit balance/i.test(message)))
      return outOfCredit("Anthropic");
    if (status === 400 && /usage limits?/i.test(message)) return limitReached("Anthropic");
    if (status === 403 && /organization.*disabled/i.test(message)) return keyInvalid("Anthropic");
    if (errorType === "overloaded_error") return unavailable("Anthropic");
    if (status === 400 && /prompt is too long|context (window|limit)/i.test(message)) return tooLong;
    return undefined;
  },

  google: ({ status, message, reasons }) => {
    if (/API_KEY_INVALID/.test(reasons))
      return /expired/i.test(message) ? keyExpired("Google AI") : keyInvalid("Google AI");
    if (status === 400 && /location is not supported/i.test(message)) return notHere("Google AI");
    if (status === 400 && /token count.*exceeds|exceeds the maximum number of tokens/i.test(message)) return tooLong;
    if (status === 403 && /leaked/i.test(message)) return keyInvalid("Google AI");
    if (status === 429 && /credits? (are|is|have been) depleted/i.test(message)) return outOfCredit("Google AI");
    // The same words for a minute's quota, a day's and a plan without any: only time or the user can tell.
    if (status === 429 && /current quota/i.test(message)) {
      return {
        code: "provider_rate_limited",
        sentence:
          "Your quota at Google AI is used up for now. Nothing was charged. Wait a moment, or look at plan and billing there.",
      };
    }
    return undefined;
  },

  xai: ({ status, message }) => {
    if (status === 400 && /incorrect api key/i.test(message)) return keyInvalid("xAI");
    if (status === 400 && /maximum prompt length|context length/i.test(message)) return tooLong;
    if (status === 400 && /model not found/i.test(message)) return modelNotFound("xAI");
    // One sentence for both at xAI: "has either used all available credits or reached its monthly spending limit".
    if ((status === 403 || status === 429) && /credits?\b|spending limit/i.test(message)) return outOfCredit("xAI");
    if (status === 403 && /blocked|disabled/i.test(message)) return keyInvalid("xAI");
    return undefined;
  },
};

function byStatus(name: string, { status }: Facts): Verdict {
  switch (status) {
    case 401:
      return keyInvalid(name);
    case 402:
      return outOfCredit(name);
    case 403:
      return notAllowed(name);
    case 404:
      return modelNotFound(name);
    case 413:
      return tooLong;
    case 429:
      return {
        code: "provider_rate_limited",
        sentence: `${name} asks to slow down. Nothing was charged. Wait a moment, then try again.`,
      };
    case 400:
    case 422:
      return {
        code: "invalid_request",
        sentence: "The model cannot take this request as it is. Nothing was charged. Try another model.",
      };
    default:
      return unavailable(name);
  }
}

const keyInvalid = (name: string): Verdict => ({
  code: "key_invalid",
  sentence: `${name} no longer accepts this key. Nothing was charged. Save a new one in Settings to go on.`,
  keyState: "invalid",
});
const keyExpired = (name: string): Verdict => ({
  code: "key_expired",
  sentence: `This ${name} key has expired. Nothing was charged. Save a new one in Settings to go on.`,
  keyState: "expired",
});
const outOfCredit = (name: string): Verdict => ({
  code: "out_of_credit",
  sentence: `Your ${name} account has too little credit for this answer. Nothing was charged. Add credit to go on.`,
  keyState: "out_of_credit",
});
const limitReached = (name: string): Verdict => ({
  code: "key_limit_reached",
  sentence: `Your ${name} key has reached its spending limit. Nothing was charged. Raise the limit to go on.`,
  keyState: "limit_reached",
});
const notAllowed = (name: string): Verdict => ({
  code: "model_not_allowed",
  sentence: `${name} does not let this key use this model. Nothing was charged. Choose another model, or widen what the key may do.`,
});
const notHere = (name: string): Verdict => ({
  code: "provider_unavailable",
  sentence: `${name} does not serve the place where this server stands. Nothing was charged. Choose another provider's model.`,
});
const modelNotFound = (name: string): Verdict => ({
  code: "model_not_found",
  sentence: `${name} does not offer this model to you now. Nothing was charged. Choose another model.`,
});
const refusesText = (name: string): Verdict => ({
  code: "invalid_request",
  sentence: `${name} refuses this text. Nothing was charged. Word it otherwise.`,
});
const tooLong: Verdict = {
  code: "payload_too_large",
  sentence:
    "The conversation is too long for this model. Nothing was charged. Choose another model or start a new chat.",
};
const timedOut = (name: string): Verdict => ({
  code: "provider_timeout",
  sentence: `${name} took too long to answer. Your question is kept. Try again.`,
});
const unavailable = (name: string): Verdict => ({
  code: "provider_unavailable",
  sentence: `${name} does not answer properly at the moment. Your question is kept. Try again.`,
});
