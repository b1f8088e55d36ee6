import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { type Provider, providerNames } from "@/lib/providers/provider";

export type SharedKeyRequest = { provider: Provider; modelId: string; sharedKeyAllowed: boolean };

/** True when the operator lends a key; whether it may be used is `sharedKeyFor`'s to say. */
export const hasSharedKey = (): boolean => env().OPENROUTER_API_KEY !== undefined;

/**
 * The operator's key, for somebody without one of their own.
 *
 * @throws AppError `no_key` when there is none, or the user forbids it; `model_not_allowed`
 */
export function sharedKeyFor({ provider, modelId, sharedKeyAllowed }: SharedKeyRequest): string {
  if (provider !== "openrouter") {
    throw new AppError("no_key", `You have no ${providerNames[provider]} key. Save one in Settings to use this model.`);
  }
  const { OPENROUTER_API_KEY } = env();
  if (OPENROUTER_API_KEY === undefined) {
    throw new AppError("no_key", "Connect OpenRouter in Settings to start chatting. Nothing was charged.");
  }
  if (!sharedKeyAllowed) {
    throw new AppError(
      "no_key",
      "You have no OpenRouter key and chose never to use the shared key, so nothing was sent. Connect OpenRouter, or allow the shared key in Settings.",
    );
  }
  requireModelAllowed(modelId);
  return OPENROUTER_API_KEY;
}

/** @throws AppError `model_not_allowed` when the shared key may not be used for it. */
export function requireModelAllowed(modelId: string): void {
  if (isModelAllowed(modelId, env().SHARED_KEY_MODELS)) return;
  throw new AppError(
    "model_not_allowed",
    "The shared key may not be used for this model. Nothing was charged. Choose another model, or connect OpenRouter to pay with your own key.",
  );
}

const withoutProvider = (modelId: string) => modelId.replace(/^openrouter:/, "");

/** `*` stands for any run of characters; everything else, case too, for itself. */
export function isModelAllowed(modelId: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(withoutProvider(modelId), withoutProvider(pattern)));
}

/** Searched piece by piece instead of by a regular expression, which many `*` would make slow. */
function matches(text: string, pattern: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (pieces.length === 1) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}
