import type { ErrorAction, ErrorCode, Issue } from "@/lib/errors";

import type { KeySettings, NewTokenInput, ProviderId } from "./inputs";

export type * from "./inputs";

/** What the routes of contract.md, section 4, answer. Times are ISO 8601 UTC, money is USD as a decimal string. */

export type KeyState = "active" | "invalid" | "expired" | "limit_reached" | "out_of_credit" | "undecryptable";

/** What a provider said of a key; `unchecked` when it could not be asked. */
export type CheckStatus = "valid" | "restricted" | "no_credit" | "invalid" | "wrong_kind" | "unchecked";
export type KeyCheck = { status: CheckStatus; message: string };
export type KeyTest = KeyCheck & { valid: boolean };

/** A stored key without the key: at most its last 4 characters. `inactive`: the key was wiped, the rest kept. */
export type ProviderConfig = {
  id: string;
  provider: ProviderId;
  state: KeyState | "inactive";
  isActive: boolean;
  keyHint: string | null;
  keyLabel: string | null;
  settings: KeySettings;
  checkStatus: CheckStatus | null;
  usageCount: number;
  lastUsedAt: string | null;
  /** When the key itself was last replaced. */
  keySetAt: string;
  lastVerifiedAt: string | null;
  expiresAt: string | null;
  rotationDue: boolean;
  unused: boolean;
  /** Until then the key that this one replaced can be put back. */
  undoUntil: string | null;
  createdAt: string;
  updatedAt: string;
};

export type KeyNoticeAction = "reconnect" | "replace" | "add_credit" | "raise_limit" | "remove";
/** Something about a key that its owner should know, in a sentence, with the one thing to do. */
export type KeyNotice = {
  provider: ProviderId;
  kind:
    | "invalid"
    | "expired"
    | "expires_soon"
    | "limit_reached"
    | "out_of_credit"
    | "low_credit"
    | "undecryptable"
    | "rotation_due"
    | "unused"
    | "restricted";
  severity: "error" | "warning" | "info";
  sentence: string;
  action: KeyNoticeAction | null;
};
export type KeyList = { items: ProviderConfig[]; notices: KeyNotice[] };
export type KeyAnswer = { config: ProviderConfig };
export type SavedKey = { config: ProviderConfig; check: KeyCheck; undoUntil?: string | null };
export type KeyUses = {
  usageCount: number;
  lastUsedAt: string | null;
  createdAt: string;
  keySetAt: string;
  /** Days of UTC on which the key was used. */
  byDay: { day: string; count: number }[];
};

export type LockAnswer = {
  deactivated: ProviderId[];
  revokePages: { provider: ProviderId; url: string }[];
  sessionsEnded: number;
  tokensRevoked: number;
  answersStopped: number;
};

export type ImportReport = {
  /** It was looked at only. */
  dryRun: boolean;
  conversations: number;
  messages: number;
  /** Of an earlier import of the same file, or of this very account. */
  alreadyHere: number;
  sources: Partial<Record<"chatelaine" | "chatgpt" | "librechat" | "open_webui", number>>;
  /** What of the file does not come over, counted. */
  leftOut: Partial<
    Record<
      | "unknown_format"
      | "unreadable"
      | "too_large"
      | "empty"
      | "instructions"
      | "tool_messages"
      | "files"
      | "cut_texts",
      number
    >
  >;
};

/** Where the keys that were here can be revoked: their providers accept them until then. */
export type AccountDeletionAnswer = { deleted: true; revokePages: LockAnswer["revokePages"] };

/** A browser that is signed in, or a program by an access token. */
export type Session = {
  id: string;
  kind: "browser" | "program";
  /** What it said of itself. */
  userAgent: string | null;
  address: string | null;
  createdAt: string;
  lastSeenAt: string;
  isCurrent: boolean;
};

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
  /** Reckoned from a list of prices, because the provider reports no cost. */
  costIsEstimate?: boolean;
  firstTokenMs: number | null;
  totalMs: number | null;
};

export type MessageStatus = "complete" | "streaming" | "stopped" | "failed" | "interrupted";
export type TextPart = { type: "text"; text: string } | { type: "reasoning"; text: string };
/** A file that was stored and not yet sent. */
export type Attachment = { id: string; name: string; mediaType: string; size: number };
export type FilePart = { type: "file"; attachmentId: string; name: string; mediaType: string; size: number };
export type SourcePart = { type: "source"; url: string; title: string | null };
export type MessagePart = TextPart | FilePart | SourcePart;
/** A refusal as it reaches a person: which one, in words, and the one thing to do. */
export type Failure = { code: ErrorCode; detail: string; action?: ErrorAction; issues?: Issue[]; check?: KeyCheck };

export type Message = {
  id: string;
  role: "user" | "assistant";
  parts: MessagePart[];
  status: MessageStatus;
  /** An ErrorCode, as far as this version knows it. */
  errorCode: string | null;
  createdAt: string;
  /** The id under which its writer sent it, if it is a question. */
  clientId?: string | null;
  /** The message above it; null for the first of all. */
  parentId?: string | null;
  /** What stands in the same place, oldest first, itself included; only where there is more than one. */
  siblings?: { index: number; count: number; ids: string[] };
  /** `copied`: by a fork, from another conversation, where it was paid for. */
  metadata?: { receipt?: Receipt; copied?: { model: string }; context?: SentContext };
};
/** What of a conversation a model was sent: so many messages were left out, and `andMore` above them. */
export type SentContext = { leftOut: number; andMore: boolean; firstId: string | null };

export type ConversationSummary = {
  id: string;
  title: string | null;
  model: string | null;
  pinned: boolean;
  archived: boolean;
  createdAt: string;
  updatedAt: string;
};
/** Some text and the places in it that were looked for, `[from, to)` in UTF-16 units. */
export type Snippet = { text: string; ranges: [number, number][] };
/** What a search found: where in the title, and in which message. */
export type FoundConversation = ConversationSummary & {
  found: { title: Snippet["ranges"]; message: (Snippet & { id: string; role: "user" | "assistant" }) | null };
};
/** What a conversation asks of every model. */
export type ConversationChoices = {
  system: string | null;
  privacy: "any" | "no_training" | "zero_retention";
  reasoningEffort: "low" | "medium" | "high" | null;
  webSearch: boolean;
};
/** `messages`: of the path that is shown, oldest first. `hasEarlier`: more of it lies above them. */
export type Conversation = ConversationSummary & ConversationChoices & { messages: Message[]; hasEarlier: boolean };

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
  supportsWebSearch?: boolean;
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

export type Account = {
  id: string;
  email: string | null;
  name: string | null;
  role: "user" | "admin";
  createdAt: string;
};
/** A sign-in of a program. `expiresIn`: seconds that the access token is good for. */
export type TokenAnswer = { user: Account; accessToken: string; refreshToken: string; expiresIn: number };

/** What a personal access token may do. */
export type TokenScope = NewTokenInput["scopes"][number];
export type PersonalToken = {
  id: string;
  name: string;
  /** Its last 4 characters. */
  hint: string;
  scopes: TokenScope[];
  /** USD; null: no bound of its own. */
  budgetUsd: string | null;
  budgetPeriod: "day" | "total";
  spentUsd: string | null;
  expiresAt: string | null;
  lastUsedAt: string | null;
  createdAt: string;
};
/** The one answer that holds the token itself. */
export type CreatedToken = PersonalToken & { token: string };
