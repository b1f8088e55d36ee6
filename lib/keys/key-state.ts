import { AppError } from "@/lib/errors";
import { type Provider, providerNames } from "@/lib/providers/provider";
import type { KeyState } from "./user-api-key";

/** States in which the key cannot pay. */
export type BadKeyState = Exclude<KeyState, "active" | "inactive">;

/** States that are the user's to mend: nobody asks the provider again until the key is replaced or checked. */
export const isRefused = (state: KeyState): state is "invalid" | "expired" =>
  state === "invalid" || state === "expired";

/** States that pass by themselves: a limit resets, credit is added. */
export const isPassing = (state: KeyState): state is "limit_reached" | "out_of_credit" =>
  state === "limit_reached" || state === "out_of_credit";

/** The refusal that a state of the user's own key means, as a sentence to show: what happened, money, what to do. */
export function keyStateError(state: BadKeyState, provider: Provider): AppError {
  const name = providerNames[provider];
  const replace = provider === "openrouter" ? "Reconnect OpenRouter in Settings." : "Save a new key in Settings.";
  switch (state) {
    case "invalid":
      return new AppError(
        "key_invalid",
        `${name} no longer accepts your key; it was probably revoked there. Nothing was charged. ${replace}`,
      );
    case "expired":
      return new AppError("key_expired", `Your ${name} key has expired. Nothing was charged. ${replace}`);
    case "limit_reached":
      return new AppError(
        "key_limit_reached",
        `Your ${name} key has reached its spending limit. Nothing more was charged. Raise the limit at ${name}, or wait until it resets.`,
      );
    case "out_of_credit":
      return new AppError(
        "out_of_credit",
        `Your ${name} account has too little credit for this. Nothing more was charged. Add credit at ${name}, then try again.`,
      );
    case "undecryptable":
      return new AppError(
        "key_invalid",
        `Your stored ${name} key cannot be read on this server any more, so it was not used. Nothing was charged. ${replace}`,
      );
  }
}
