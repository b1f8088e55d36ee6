import type { Message, Model } from "@/lib/client/types";

const CHARACTERS_PER_TOKEN = 4; // a rule of thumb for English; the receipt has the true count

/** What reading this conversation and the draft would cost, in USD. Undefined when the price is not known. */
export function estimateUsd(messages: readonly Message[], draft: string, model: Model | undefined): number | undefined {
  const price = model?.pricing?.prompt;
  if (!price) return undefined;
  const characters = messages.reduce(
    (sum, { parts }) => parts.reduce((inner, part) => inner + (part.type === "text" ? part.text.length : 0), sum),
    draft.length,
  );
  return (characters / CHARACTERS_PER_TOKEN / 1_000_000) * Number(price);
}
