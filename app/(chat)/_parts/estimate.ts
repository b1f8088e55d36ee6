import type { Attachment, Message, Model } from "@/lib/client/types";

const CHARACTERS_PER_TOKEN = 4; // a rule of thumb for English; the receipt has the true count
const TOKENS_PER_IMAGE = 1000; // between a small and a large one at most providers

type Draft = { text: string; system?: string | null; files?: readonly Attachment[] };

/**
 * How many tokens a model would read for the next message. What the conversation had until its last answer is known from
 * that answer's receipt, which counts messages that this page has not even loaded; the rest is reckoned from its length.
 */
export function estimateTokens(messages: readonly Message[], { text, system, files = [] }: Draft): number {
  const at = messages.findLastIndex(({ metadata }) => typeof metadata?.receipt?.inputTokens === "number");
  const receipt = messages[at]?.metadata?.receipt;
  const counted = receipt
    ? (receipt.inputTokens ?? 0) + (receipt.outputTokens ?? 0) - (receipt.reasoningTokens ?? 0)
    : 0;
  const length = messages.slice(at + 1).reduce((sum, { parts }) => sum + parts.reduce(addPart, 0), 0);
  const added = text.length / CHARACTERS_PER_TOKEN + files.reduce(addFile, 0);
  const instructed = at === -1 ? (system?.length ?? 0) / CHARACTERS_PER_TOKEN : 0; // else they are in the count
  return counted + length + added + instructed;
}

const addPart = (sum: number, part: Message["parts"][number]): number =>
  part.type === "text"
    ? sum + part.text.length / CHARACTERS_PER_TOKEN
    : part.type === "file"
      ? addFile(sum, part)
      : sum;

/** Nothing for a PDF: how many pages it has is not known here, and `hasUncounted` says so. */
const addFile = (sum: number, { mediaType, size }: { mediaType: string; size: number }): number => {
  if (mediaType.startsWith("image/")) return sum + TOKENS_PER_IMAGE;
  return mediaType === "text/plain" ? sum + size / CHARACTERS_PER_TOKEN : sum;
};

export const hasUncounted = (files: readonly Attachment[]): boolean =>
  files.some(({ mediaType }) => mediaType === "application/pdf");

/** What reading this conversation and the draft would cost, in USD. Undefined when the price is not known. */
export function estimateUsd(messages: readonly Message[], draft: Draft, model: Model | undefined): number | undefined {
  const price = model?.pricing?.prompt;
  if (!price) return undefined;
  return (estimateTokens(messages, draft) / 1_000_000) * Number(price);
}
