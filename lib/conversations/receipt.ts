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
  /** USD, decimal. Null when the provider reported none, as for a stopped answer. */
  costUsd: string | null;
  firstTokenMs: number | null;
  totalMs: number | null;
};
