import type { ErrorAction, ErrorCode } from "@/lib/errors";

/** States that a provider's answer puts a key into. */
export type RefusedKeyState = "invalid" | "expired" | "limit_reached" | "out_of_credit";

/** What can be read off a failed call, in any provider's form. */
export type Facts = {
  status: number | undefined;
  /** OpenRouter's `error_type`, OpenAI's `code`, Anthropic's `type`, Google's `status`, xAI's `code`. */
  errorType: string | undefined;
  /** The provider's prose: looked at where it alone tells two cases apart, never passed on. */
  message: string;
  /** Google's reasons, joined. */
  reasons: string;
  limitSource: string | undefined;
  moderated: boolean;
  retryAfterSeconds: number | undefined;
  timedOut: boolean;
};

export type Verdict = { code: ErrorCode; sentence: string; keyState?: RefusedKeyState; action?: ErrorAction };
