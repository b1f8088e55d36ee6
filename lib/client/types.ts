import type { ErrorAction, ErrorCode, Issue } from "@/lib/errors";

/** What the routes of contract.md, section 4, answer. Times are ISO 8601 UTC, money is USD as a decimal string. */

export type KeyState = "active" | "invalid" | "expired" | "limit_reached" | "out_of_credit" | "undecryptable";

export type OpenRouterStatus = {
  connected: boolean;
  state: KeyState | null;
  keyLabel: string | null;
  keyHint: string | null;
  creditsRemaining: string | null;
  creditsLimit: string | null;
  limitReset: string | null;
  usage: { total: string | null; daily: string | null; weekly: string | null; monthly: string | null } | null;
  isFreeTier: boolean | null;
  expiresAt: string | null;
  connectedAt: string | null;
  lastVerifiedAt: string | null;
  sharedKey: { available: boolean; allowed: boolean; dailyUsd: string | null; leftTodayUsd: string | null };
  revokeUrl: string | null;
};

export type Preferences = { sharedKey: "allow" | "never" };

export type Receipt = {
  model: string;
  servedModel: string | null;
  upstreamProvider: string | null;
  keySource: "user" | "shared";
  keyProvider: string;
  keyHint: string | null;
  keyLabel: string | null;
  keyFallback: "no_key" | "undecryptable" | null;
  inputTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
  cachedTokens: number | null;
  costUsd: string | null;
  firstTokenMs: number | null;
  totalMs: number | null;
};

export type MessageStatus = "complete" | "streaming" | "stopped" | "failed" | "interrupted";
export type MessagePart = { type: "text" | "reasoning"; text: string };
/** A refusal as it reaches a person: which one, in words, and the one thing to do. */
export type Failure = { code: ErrorCode; detail: string; action?: ErrorAction; issues?: Issue[] };

export type Message = {
  id: string;
  role: "user" | "assistant";
  parts: MessagePart[];
  status: MessageStatus;
  /** An ErrorCode, as far as this version knows it. */
  errorCode: string | null;
  createdAt: string;
  metadata?: { receipt?: Receipt };
};

export type ConversationSummary = {
  id: string;
  title: string | null;
  model: string | null;
  pinned: boolean;
  archived: boolean;
  createdAt: string;
  updatedAt: string;
};
export type Conversation = ConversationSummary & { system: string | null; messages: Message[] };

export type Model = {
  id: string;
  name: string;
  provider: string;
  contextLength: number | null;
  /** USD per million tokens. */
  pricing: { prompt: string | null; completion: string | null } | null;
  isFree: boolean;
  isFavorite?: boolean;
  isAvailable?: boolean;
  supportsReasoning?: boolean;
  supportsTools?: boolean;
  inputModalities?: string[];
};
export type ModelList = { items: Model[]; defaultModel: string | null };

export type AuditEvent = {
  /** 1, 2, 3, … within the account. */
  seq: number;
  /** One of lib/audit/actions.ts, as far as this version knows it. */
  action: string;
  provider: string | null;
  detail: Record<string, string | number | boolean | null>;
  address: string | null;
  userAgent: string | null;
  at: string;
};

export type Page<Item> = { items: Item[]; nextCursor: string | null };
