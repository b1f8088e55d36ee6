/** Who paid for an answer, what served it and what it cost, as far as the provider reported it. */
export type Receipt = {
  model: string;
  servedModel: string | null;
  upstreamProvider: string | null;
  keySource: "user" | "shared";
  keyProvider: string;
  keyHint: string | null;
  keyLabel: string | null;
  keyFallback: "no_key" | "undecryptable" | null;
  generationId: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
  cachedTokens: number | null;
  /** USD, decimal. Null when it is not known, as for a stopped answer. */
  costUsd: string | null;
  /** Reckoned from our dated list of prices, because the provider reports no cost. */
  costIsEstimate: boolean;
  firstTokenMs: number | null;
  totalMs: number | null;
};
