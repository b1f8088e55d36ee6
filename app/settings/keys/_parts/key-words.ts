import type { PayerTone } from "@/app/_components/payer";
import type { OpenRouterStatus } from "@/lib/client/types";

export type StateWords = {
  tone: PayerTone;
  title: string;
  text: string;
  action: "connect" | "reconnect" | "add_credit" | "raise_limit" | null;
};

/** The state of the key in words: what is the matter, what it means for the money, what to do. */
export function stateWords(status: OpenRouterStatus): StateWords {
  const shared = status.sharedKey.available && status.sharedKey.allowed;
  switch (status.connected ? status.state : null) {
    case "active":
      return {
        tone: "ok",
        title: "Connected",
        text: "Your own key pays for OpenRouter models. OpenRouter bills you directly, nothing is added here.",
        action: null,
      };
    case "invalid":
      return {
        tone: "bad",
        title: "OpenRouter no longer accepts this key",
        text: "It was probably deleted there. Nothing is charged to it any more. Reconnect to get a new one.",
        action: "reconnect",
      };
    case "expired":
      return {
        tone: "bad",
        title: "The key has expired",
        text: "Nothing is charged to it any more. Reconnect to get a new one.",
        action: "reconnect",
      };
    case "limit_reached":
      return {
        tone: "bad",
        title: "The key has reached its spending limit",
        text: "The key is fine, but OpenRouter lets it spend no more. Raise its limit there, or wait until it starts again.",
        action: "raise_limit",
      };
    case "out_of_credit":
      return {
        tone: "bad",
        title: "Your OpenRouter account has no credit left",
        text: "The key is fine. Add credit at OpenRouter, then check again.",
        action: "add_credit",
      };
    case "undecryptable":
      return {
        tone: "warn",
        title: "The stored key cannot be read",
        text: shared
          ? "It was encrypted with a key this server no longer has. Until you reconnect, the operator's shared key pays."
          : "It was encrypted with a key this server no longer has. Nothing is charged to it. Reconnect to go on.",
        action: "reconnect",
      };
    default:
      return {
        tone: shared ? "shared" : "none",
        title: "Not connected",
        text: shared
          ? "The operator's shared key pays for your questions. Connect your own account to pay yourself and use every model."
          : "Connect your OpenRouter account to chat. You choose there what the key may spend, and can take it back at any time.",
        action: "connect",
      };
  }
}

export const resetWords: Record<string, string> = { daily: "each day", weekly: "each week", monthly: "each month" };

/** How much of a spending limit is used, 0 to 1. Null when the key has none. */
export function usedShare({ creditsLimit, creditsRemaining }: OpenRouterStatus): number | null {
  const limit = Number(creditsLimit);
  if (creditsLimit === null || creditsRemaining === null || !(limit > 0)) return null;
  return Math.min(1, Math.max(0, 1 - Number(creditsRemaining) / limit));
}
