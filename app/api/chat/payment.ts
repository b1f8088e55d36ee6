import type { ErrorCode } from "@/lib/errors";

/** What whoever asks a model can meet: about keys, money, models and their providers. */
export const payment: ErrorCode[] = [
  "no_key",
  "key_invalid",
  "key_expired",
  "key_limit_reached",
  "out_of_credit",
  "budget_reached",
  "model_not_allowed",
  "model_not_found",
  "provider_rate_limited",
  "provider_unavailable",
  "provider_timeout",
];

export const payerHeaders = {
  "x-key-source": "Who pays: `user` or `shared`.",
  "x-key-provider": "Whose key it is.",
  "x-key-fallback": "Why the shared key stepped in: `no_key` or `undecryptable`.",
};
