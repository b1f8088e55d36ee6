import type { Message, OpenRouterStatus, Receipt } from "@/lib/client/types";

/** Answers of our routes as the pages get them, for tests that change one thing at a time. */
export const statusOf = (changes: Partial<OpenRouterStatus> = {}): OpenRouterStatus => ({
  connected: true,
  state: "active",
  keyLabel: "Chatelaine",
  keyHint: "a1b2",
  creditsRemaining: null,
  creditsLimit: null,
  limitReset: null,
  usage: null,
  isFreeTier: false,
  expiresAt: null,
  connectedAt: "2026-11-20T09:00:00.000Z",
  lastVerifiedAt: "2026-11-20T09:00:00.000Z",
  sharedKey: { available: true, allowed: true, dailyUsd: "0.5", leftTodayUsd: "0.18" },
  revokeUrl: null,
  ...changes,
});

export const receiptOf = (changes: Partial<Receipt> = {}): Receipt => ({
  model: "openrouter:anthropic/claude-sonnet-4.5",
  servedModel: "anthropic/claude-sonnet-4.5",
  upstreamProvider: "Amazon Bedrock",
  keySource: "user",
  keyProvider: "openrouter",
  keyHint: "a1b2",
  keyLabel: "Chatelaine",
  keyFallback: null,
  inputTokens: 1234,
  outputTokens: 56,
  reasoningTokens: null,
  cachedTokens: null,
  costUsd: "0.00214",
  firstTokenMs: 420,
  totalMs: 4210,
  ...changes,
});

export const messageOf = (changes: Partial<Message> = {}): Message => ({
  id: "b4b1c1de-0000-4000-8000-000000000001",
  role: "assistant",
  parts: [{ type: "text", text: "A ring with keys." }],
  status: "complete",
  errorCode: null,
  createdAt: "2026-11-20T09:00:00.000Z",
  ...changes,
});
