import type { ShownMessage } from "@/lib/client/chat-session";
import type { ProviderId } from "@/lib/client/types";
import type { ErrorAction, ErrorCode } from "@/lib/errors";
import { PROVIDERS, providerNames } from "@/lib/providers/names";

export type FailureButton = "retry" | "again" | "continue" | ErrorAction;
export type FailureView = { tone: "bad" | "warn" | "plain"; text: string; buttons: FailureButton[] };

/** For answers of an earlier visit, of which only the code is stored. */
const sentencesOf = (name: string, isDirect: boolean): Partial<Record<ErrorCode, string>> => ({
  no_key: `No key could pay for this. Nothing was charged. ${isDirect ? `Add a key of ${name}` : "Connect OpenRouter"} to go on.`,
  key_invalid: `${name} no longer accepts this key. Nothing was charged. ${isDirect ? "Replace it" : "Reconnect"} to go on.`,
  key_expired: `The key has expired. Nothing was charged. ${isDirect ? "Replace it" : "Reconnect"} to go on.`,
  key_limit_reached: `The key has reached its spending limit. Raise it at ${name}, then try again.`,
  out_of_credit: `The ${name} account has no credit left. Add some, then try again. Your key is fine.`,
  budget_reached: "The budget for this is spent.",
  model_not_allowed: "This model may not be used with the key that would pay. Choose another one.",
  model_not_found: "This model is not offered any more. Choose another one.",
  provider_rate_limited: "The provider asked to slow down. Nothing is wrong with your key. Try again in a moment.",
  provider_unavailable: "The provider broke off. What had arrived is kept; it may have charged for that part.",
  provider_timeout: "The provider took too long. What had arrived is kept; it may have charged for that part.",
});
const actions: Partial<Record<ErrorCode, ErrorAction>> = {
  no_key: "connect",
  key_invalid: "reconnect",
  key_expired: "reconnect",
  key_limit_reached: "raise_limit",
  out_of_credit: "add_credit",
  model_not_allowed: "choose_model",
  model_not_found: "choose_model",
};
const ENDED_EARLY = "This question could not be answered to the end. What had arrived is kept.";

/** The sentence and the one right button for a refusal. Trying again comes second where something must be mended first. */
export function refusalView({
  code,
  detail,
  action,
}: {
  code: ErrorCode;
  detail: string;
  action?: ErrorAction;
}): FailureView {
  const mend = action ?? actions[code];
  if (code === "conflict") return { tone: "warn", text: detail, buttons: ["retry"] };
  return { tone: mend ? "bad" : "warn", text: detail, buttons: mend ? [mend, "retry"] : ["retry"] };
}

/** Whose key an answer was, or would have been, paid with. */
export function providerOf(message: ShownMessage): ProviderId | undefined {
  const named = message.metadata?.receipt?.keyProvider;
  return PROVIDERS.find((provider) => provider === named);
}

/** The model can go on only from words it has said. */
const goingOn = ({ parts }: ShownMessage): FailureButton[] =>
  parts.some((part) => part.type === "text" && part.text !== "") ? ["continue", "again"] : ["again"];

/** How an answer that did not end by itself is shown; null for one that did, or is still growing. */
export function endingView(message: ShownMessage, provider: ProviderId = "openrouter"): FailureView | null {
  switch (message.status) {
    case "stopped":
      return { tone: "plain", text: "This answer was stopped. What had arrived is kept.", buttons: goingOn(message) };
    case "interrupted":
      return {
        tone: "warn",
        text: "The connection or the server went away in the middle of this answer. What had arrived is kept.",
        buttons: goingOn(message),
      };
    case "failed": {
      const code = message.failure?.code ?? (message.errorCode as ErrorCode | null) ?? "internal";
      const detail =
        message.failure?.detail ?? sentencesOf(providerNames[provider], provider !== "openrouter")[code] ?? ENDED_EARLY;
      return refusalView({ code, detail, action: message.failure?.action });
    }
    default:
      return null;
  }
}

/** Of the buttons that have nothing to do with a key. */
export const buttonLabels: Record<"retry" | "again" | "continue" | "choose_model", string> = {
  retry: "Try again",
  again: "Answer again",
  continue: "Continue",
  choose_model: "Choose a model",
};
