import { formatUsd } from "@/lib/client/format";
import type { OpenRouterStatus, ProviderConfig } from "@/lib/client/types";
import { type Provider, providerNames } from "@/lib/providers/names";

export type PayerTone = "ok" | "shared" | "warn" | "bad" | "none";

/** Who pays for the next message, as one line (`text`), as a few words for a phone (`short`) and explained. */
export type PayerView = {
  tone: PayerTone;
  /** Tells the states apart without colour. */
  mark: "●" | "◐" | "○" | "▲";
  text: string;
  short: string;
  explanation: string;
  action?: "connect" | "reconnect" | "add_credit" | "raise_limit";
};

/** Mirrors contract.md, section 5: which key pays, and what is shown when none can. */
export function payerView(status: OpenRouterStatus): PayerView {
  const hint = status.keyHint ? `…${status.keyHint.replace(/^…/, "")}` : "";
  const own = `your OpenRouter key ${hint}`.trim();
  const shared = status.sharedKey.available && status.sharedKey.allowed;
  switch (status.connected ? status.state : null) {
    case "active":
      return {
        tone: "ok",
        mark: "●",
        text: own,
        short: hint || "your key",
        explanation: "OpenRouter models are paid by your own key.",
      };
    case "invalid":
      return broken(
        "your key was refused",
        "key refused",
        "OpenRouter no longer accepts this key. Nothing is charged.",
        "reconnect",
      );
    case "expired":
      return broken(
        "your key has expired",
        "key expired",
        "This key has expired. Connect again to get a new one.",
        "reconnect",
      );
    case "limit_reached":
      return broken(
        "your key reached its limit",
        "limit reached",
        "The spending limit of this key is used up. Raise it at OpenRouter, or wait until it starts again.",
        "raise_limit",
      );
    case "out_of_credit":
      return broken(
        "no credit left",
        "no credit",
        "Your OpenRouter account has no credit left. Your key is fine.",
        "add_credit",
      );
    case "undecryptable":
      if (!shared) {
        return broken(
          "your key cannot be read",
          "key unreadable",
          "The stored key cannot be decrypted here any more. Connect again; nothing was charged.",
          "reconnect",
        );
      }
      return {
        tone: "warn",
        mark: "◐",
        text: "shared key, because yours cannot be read",
        short: "shared key",
        explanation:
          "Your stored key cannot be decrypted here any more, so the operator's shared key pays. Connect again to pay with your own.",
        action: "reconnect",
      };
    default:
      if (!shared) return noKey(status);
      return {
        tone: "shared",
        mark: "◐",
        text: `shared key${allowance(status)}`,
        short: "shared key",
        explanation: "You have no key here yet, so the operator's shared key pays for OpenRouter models.",
        action: "connect",
      };
  }
}

/** The same for a model of another provider, where nothing but one's own key ever pays. */
export function directPayerView(provider: Provider, key: ProviderConfig | undefined): PayerView {
  const name = providerNames[provider];
  const hint = key?.keyHint ? `…${key.keyHint.replace(/^…/, "")}` : "";
  switch (key?.state) {
    case "active":
      return {
        tone: "ok",
        mark: "●",
        text: `your ${name} key ${hint}`.trim(),
        short: hint || "your key",
        explanation: `${name}'s models are paid by your own key. ${name} bills you directly.`,
      };
    case "invalid":
      return broken(
        `your ${name} key was refused`,
        "key refused",
        `${name} no longer accepts this key. Nothing is charged.`,
        "reconnect",
      );
    case "expired":
      return broken(
        `your ${name} key has expired`,
        "key expired",
        "This key has expired. Paste a new one.",
        "reconnect",
      );
    case "limit_reached":
      return broken(
        `your ${name} key reached its limit`,
        "limit reached",
        `The spending limit of this key is used up. Raise it at ${name}.`,
        "raise_limit",
      );
    case "out_of_credit":
      return broken(
        `no credit left at ${name}`,
        "no credit",
        `Your ${name} account has no credit left. Your key is fine.`,
        "add_credit",
      );
    case "undecryptable":
      return broken(
        `your ${name} key cannot be read`,
        "key unreadable",
        "The stored key cannot be decrypted here any more. Paste it again; nothing was charged.",
        "reconnect",
      );
    default:
      return {
        tone: "none",
        mark: "○",
        text: `no ${name} key`,
        short: "no key",
        explanation: `This model needs a key of yours at ${name}. The shared key never pays for it.`,
        action: "connect",
      };
  }
}

function broken(text: string, short: string, explanation: string, action: NonNullable<PayerView["action"]>): PayerView {
  return { tone: "bad", mark: "▲", text, short, explanation, action };
}

function noKey({ sharedKey }: OpenRouterStatus): PayerView {
  const explanation = sharedKey.available
    ? "You have no key here, and you have switched the operator's shared key off."
    : "You have no key here. Connect OpenRouter to start; you pay them directly, and nothing is added on top.";
  return { tone: "none", mark: "○", text: "no key", short: "no key", explanation, action: "connect" };
}

function allowance({ sharedKey }: OpenRouterStatus): string {
  if (!sharedKey.dailyUsd || sharedKey.leftTodayUsd === null) return "";
  return `, ${formatUsd(sharedKey.leftTodayUsd)} of ${formatUsd(sharedKey.dailyUsd)} left today`;
}
