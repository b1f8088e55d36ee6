import { APICallError, RetryError } from "ai";
import { AppError, type ErrorAction, type ErrorCode } from "@/lib/errors";

/** States that a provider's answer puts a key into. */
export type RefusedKeyState = "invalid" | "limit_reached" | "out_of_credit";
export type ProviderFailure = { error: AppError; keyState?: RefusedKeyState };

type Facts = {
  status: number | undefined;
  errorType: string | undefined;
  message: string;
  limitSource: string | undefined;
  moderated: boolean;
  retryAfterSeconds: number | undefined;
  timedOut: boolean;
};
type Verdict = { code: ErrorCode; sentence: string; keyState?: RefusedKeyState; action?: ErrorAction };

/**
 * Says what a failed call to OpenRouter means for the user, their key and their money (openrouter-wire.md, section 4).
 * Status, `error_type` and `limit_source` decide; the provider's prose is looked at only where it alone tells two
 * cases apart, and it is never passed on.
 *
 * @param source a refusal of the shared key is the operator's to mend and says nothing about the user's key.
 */
export function explainFailure(error: unknown, { source }: { source: "user" | "shared" }): ProviderFailure {
  const facts = readFacts(error);
  const verdict = judge(facts);
  if (source === "shared" && verdict.keyState) return { error: sharedKeyRefused(verdict, error) };
  return {
    error: new AppError(verdict.code, verdict.sentence, {
      action: verdict.action,
      retryAfterSeconds: verdict.code === "provider_rate_limited" ? facts.retryAfterSeconds : undefined,
      cause: error,
    }),
    keyState: verdict.keyState,
  };
}

function sharedKeyRefused({ code }: Verdict, cause: unknown): AppError {
  const sentence =
    "The shared key cannot pay any more. You were not charged. Connect your own key, or tell the operator.";
  return new AppError(code, sentence, { action: "connect", cause });
}

function judge(facts: Facts): Verdict {
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

type Envelope = {
  code?: unknown;
  http_status?: unknown;
  message?: unknown;
  error_type?: unknown;
  availability?: { code?: unknown };
  metadata?: Record<string, unknown> | null;
};

/** The error envelope may come as an APICallError before the stream, or bare as a chunk in the middle of one. */
function readFacts(thrown: unknown): Facts {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const call = APICallError.isInstance(error) ? error : undefined;
  const envelope = call ? envelopeOf(call.data, call.responseBody) : isRecord(error) ? (error as Envelope) : {};
  const metadata = envelope.metadata ?? {};
  return {
    status: call?.statusCode ?? toStatus(envelope.code ?? envelope.http_status),
    errorType: toText(metadata.error_type ?? envelope.error_type ?? envelope.availability?.code),
    message: toText(envelope.message) ?? "",
    limitSource: toText(metadata.limit_source),
    moderated: Array.isArray(metadata.reasons) || metadata.patterns !== undefined,
    retryAfterSeconds: retryAfter(call?.responseHeaders, metadata),
    timedOut: isTimeout(error),
  };
}

function envelopeOf(data: unknown, body: string | undefined): Envelope {
  if (isRecord(data) && isRecord(data.error)) return data.error;
  try {
    const parsed: unknown = JSON.parse(body ?? "");
    return isRecord(parsed) && isRecord(parsed.error) ? parsed.error : {};
  } catch {
    return {};
  }
}

function retryAfter(
  headers: Record<string, string> | undefined,
  metadata: Record<string, unknown>,
): number | undefined {
  const seconds = Number(headers?.["retry-after"]);
  if (headers?.["retry-after"] !== undefined && Number.isFinite(seconds)) return seconds;
  const limits = isRecord(metadata.headers) ? metadata.headers : {};
  const resetMs = Number(headers?.["x-ratelimit-reset"] ?? limits["X-RateLimit-Reset"]); // epoch milliseconds (section 4.2)
  return Number.isFinite(resetMs) && resetMs > 0 ? Math.max(1, (resetMs - Date.now()) / 1000) : undefined;
}

/** undici's timeouts (`HeadersTimeoutError`, `BodyTimeoutError`) come wrapped in "fetch failed". */
function isTimeout(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 4) return false;
  return /Timeout/.test(error.name) || isTimeout(error.cause, depth + 1);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const toText = (value: unknown) => (typeof value === "string" ? value : undefined);
function toStatus(value: unknown): number | undefined {
  const status = Number(value);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}
