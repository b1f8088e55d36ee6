import type { Facts, Verdict } from "./refusal";

/** What a failed call to OpenRouter means (openrouter-wire.md, section 4). */
export function judgeOpenRouter(facts: Facts): Verdict {
  const { status, errorType, message } = facts;
  if (facts.timedOut || status === 408 || status === 504 || status === 524 || errorType === "timeout") {
    return {
      code: "provider_timeout",
      sentence: "OpenRouter took too long to answer. Your question is kept. Try again.",
    };
  }
  const overLimit = /limit exceeded/i.test(message) || isBudget(facts.limitSource);
  switch (status) {
    case 401:
      return {
        code: "key_invalid",
        sentence: "OpenRouter no longer accepts this key. Nothing was charged. Reconnect to go on.",
        keyState: "invalid",
      };
    case 402:
      return paymentRequired(facts, overLimit);
    case 403:
      if (overLimit) return limitReached;
      if (facts.moderated) {
        return {
          code: "invalid_request",
          sentence: "The model's provider refuses this text. Nothing was charged. Word it otherwise.",
        };
      }
      return {
        code: "model_not_allowed",
        sentence: "This key may not use this model here. Nothing was charged. Choose another model.",
      };
    case 404:
      return modelNotFound;
    case 413:
      return {
        code: "payload_too_large",
        sentence: "The conversation is too long for this model. Nothing was charged.",
      };
    case 429:
      return {
        code: "provider_rate_limited",
        sentence: "OpenRouter asks to slow down. Nothing was charged. Wait a moment, then try again.",
      };
    case 400:
    case 412:
    case 422:
      return badRequest(errorType, message);
    default:
      return {
        code: "provider_unavailable",
        sentence: "OpenRouter does not answer properly at the moment. Your question is kept. Try again.",
      };
  }
}

const limitReached: Verdict = {
  code: "key_limit_reached",
  sentence: "Your OpenRouter key has reached its spending limit. Nothing was charged. Raise the limit to go on.",
  keyState: "limit_reached",
};
const modelNotFound: Verdict = {
  code: "model_not_found",
  sentence: "OpenRouter does not offer this model to you now. Nothing was charged. Choose another model.",
};

function paymentRequired({ limitSource, retryAfterSeconds }: Facts, overLimit: boolean): Verdict {
  // Too many paid requests at once: passes by itself, so the key is not marked.
  if (limitSource === "openrouter_in_flight_budget" || retryAfterSeconds !== undefined) {
    return {
      code: "provider_rate_limited",
      sentence: "Too many answers are being paid for at once. Nothing was charged. Wait a moment, then try again.",
    };
  }
  if (overLimit) return limitReached;
  return {
    code: "out_of_credit",
    sentence:
      "Your OpenRouter account has too little credit for this answer. Nothing was charged. Add credit to go on.",
    keyState: "out_of_credit",
  };
}

function badRequest(errorType: string | undefined, message: string): Verdict {
  if (/not a valid model/i.test(message) || errorType === "model_not_found") return modelNotFound;
  if (
    errorType === "context_length_exceeded" ||
    errorType === "max_tokens_exceeded" ||
    /context length/i.test(message)
  ) {
    return {
      code: "payload_too_large",
      sentence:
        "The conversation is too long for this model. Nothing was charged. Choose another model or start a new chat.",
    };
  }
  if (errorType === "content_policy_violation" || errorType === "refusal") {
    return {
      code: "invalid_request",
      sentence: "The model's provider refuses this text. Nothing was charged. Word it otherwise.",
    };
  }
  return {
    code: "invalid_request",
    sentence: "The model cannot take this request as it is. Nothing was charged. Try another model.",
  };
}

const isBudget = (limitSource: string | undefined) =>
  limitSource !== undefined && /key_limit|workspace_budget|guardrail_budget/.test(limitSource);
