import { APICallError, RetryError } from "ai";
import { AppError } from "@/lib/errors";
import { judgeDirect } from "./direct-refusal";
import type { Provider } from "./names";
import { judgeOpenRouter } from "./openrouter-refusal";
import type { Facts, RefusedKeyState, Verdict } from "./refusal";
import { retryAfter } from "./retry-after";
import { readSaid } from "./said";

export type { RefusedKeyState } from "./refusal";
export type ProviderFailure = { error: AppError; keyState?: RefusedKeyState };

/**
 * Says what a failed call to a provider means for the user, their key and their money (openrouter-wire.md, sections 4
 * and 7). Status and the provider's codes decide; its prose is looked at only where it alone tells two cases apart, and
 * it is never passed on.
 *
 * @param source a refusal of the shared key is the operator's to mend and says nothing about the user's key.
 */
export function explainFailure(
  error: unknown,
  { source, provider }: { source: "user" | "shared"; provider: Provider },
): ProviderFailure {
  const facts = readFacts(error, provider);
  const verdict = provider === "openrouter" ? judgeOpenRouter(facts) : judgeDirect(provider, facts);
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

type Envelope = {
  code?: unknown;
  http_status?: unknown;
  message?: unknown;
  error_type?: unknown;
  availability?: { code?: unknown };
  metadata?: Record<string, unknown> | null;
};

/** The error envelope may come as an APICallError before the stream, or bare as a chunk in the middle of one. */
function readFacts(thrown: unknown, provider: Provider): Facts {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const call = APICallError.isInstance(error) ? error : undefined;
  return provider === "openrouter" ? openRouterFacts(error, call) : directFacts(error, call);
}

function openRouterFacts(error: unknown, call: APICallError | undefined): Facts {
  const envelope = call ? envelopeOf(call.data, call.responseBody) : isRecord(error) ? (error as Envelope) : {};
  const metadata = envelope.metadata ?? {};
  return {
    status: call?.statusCode ?? toStatus(envelope.code ?? envelope.http_status),
    errorType: toText(metadata.error_type ?? envelope.error_type ?? envelope.availability?.code),
    message: toText(envelope.message) ?? "",
    reasons: "",
    limitSource: toText(metadata.limit_source),
    moderated: Array.isArray(metadata.reasons) || metadata.patterns !== undefined,
    retryAfterSeconds: waitSeconds(call?.responseHeaders, metadata),
    timedOut: isTimeout(error),
  };
}

/** The packages of the other providers give a refusal in the stream as a plain object with status and code. */
function directFacts(error: unknown, call: APICallError | undefined): Facts {
  const thrown: Record<string, unknown> = isRecord(error) ? error : {};
  const said = readSaid(call ? (parse(call.responseBody) ?? call.data) : { error: thrown });
  return {
    status: toStatus(call?.statusCode ?? thrown.statusCode ?? thrown.code) ?? call?.statusCode,
    errorType: said.code || undefined,
    message: said.message,
    reasons: said.reasons,
    limitSource: undefined,
    moderated: false,
    retryAfterSeconds: retryAfter(call?.responseHeaders?.["retry-after"]) ?? said.retryAfterSeconds,
    timedOut: isTimeout(error),
  };
}

function parse(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? "");
  } catch {
    return undefined;
  }
}

function envelopeOf(data: unknown, body: string | undefined): Envelope {
  if (isRecord(data) && isRecord(data.error)) return data.error;
  const parsed = parse(body);
  return isRecord(parsed) && isRecord(parsed.error) ? parsed.error : {};
}

function waitSeconds(
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
