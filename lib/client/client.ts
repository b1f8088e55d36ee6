import { type ClientOptions, type RequestOptions, send, sendJson } from "./request";
import type {
  Account,
  AccountDeletionAnswer,
  AccountDeletionInput,
  Attachment,
  AuditEvent,
  ChatInput,
  Conversation,
  ConversationPatch,
  ConversationSummary,
  CreatedToken,
  FoundConversation,
  KeyAnswer,
  KeyList,
  KeySettings,
  KeyTest,
  KeyUses,
  LockAnswer,
  ModelList,
  NewConversationInput,
  NewKey,
  NewTokenInput,
  OpenRouterStatus,
  Page,
  PasswordInput,
  PersonalToken,
  Preferences,
  ProviderId,
  SavedKey,
  Session,
  TemporaryInput,
  TestKey,
} from "./types";

const part = encodeURIComponent;
const query = (fields: Record<string, string | number | boolean | null | undefined>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  return search.size > 0 ? `?${search}` : "";
};
type Listing = { limit?: number; cursor?: string | null };

/** The routes that are read, by what they answer: our pages use them as names in their cache. */
export const paths = {
  keys: "/api/provider-configs",
  key: (provider: ProviderId) => `/api/provider-configs/${part(provider)}`,
  status: "/api/openrouter/status",
  preferences: "/api/preferences",
  models: "/api/models",
  auditEvents: "/api/audit-events",
  sessions: "/api/auth/sessions",
  tokens: "/api/tokens",
  accountExport: "/api/account/export",
  conversations: ({ limit = 50, cursor, archived }: Listing & { archived?: boolean } = {}) =>
    `/api/conversations${query({ limit, cursor, archived: archived || null })}`,
  conversation: (id: string) => `/api/conversations/${part(id)}`,
  message: (id: string, messageId: string) => `/api/conversations/${part(id)}/messages/${part(messageId)}`,
  attachment: (id: string) => `/api/attachments/${part(id)}`,
  exportOf: (id: string, format: "md" | "json") => `/api/conversations/${part(id)}/export${query({ format })}`,
};

/**
 * The app's routes (contract.md, section 4) as functions. It depends on nothing but `fetch`, so another frontend can
 * use it as it is: docs/client.md.
 *
 * Every function throws a `ClientError` for a refusal and for an answer that did not come; match on its `code`.
 */
export function createClient(options: ClientOptions = {}) {
  const json = <Answer>(path: string, more: RequestOptions = {}) => sendJson<Answer>(path, { ...options, ...more });
  const call = (path: string, more: RequestOptions = {}) => send(path, { ...options, ...more });
  const done = async (path: string, more: RequestOptions): Promise<void> => void (await call(path, more));

  return {
    /** Keys of all providers. None of these ever answers a key. */
    keys: {
      list: () => json<KeyList>(paths.keys),
      /**
       * Asks the provider about a key and stores nothing. It answers for every key; only a request that is itself
       * refused throws.
       */
      test: (key: TestKey) => json<KeyTest>("/api/test-api-key", { method: "POST", body: key }),
      /**
       * Checks a key, then stores it in place of an earlier one, which can be put back until `undoUntil`.
       * @throws ClientError `key_invalid` when the provider refuses it, `provider_unavailable` when it could not be
       *   asked: nothing was stored in either case.
       */
      save: (key: NewKey) => json<SavedKey>(paths.keys, { method: "POST", body: key }),
      saveSettings: (provider: ProviderId, settings: KeySettings) =>
        json<KeyAnswer>(paths.keys, { method: "PUT", body: { provider, settings } }),
      /** Asks the provider about the stored key now. */
      check: (provider: ProviderId) => json<SavedKey>(`${paths.key(provider)}/check`, { method: "POST" }),
      /** Puts the key back that the last save replaced. */
      undo: (provider: ProviderId) => json<KeyAnswer>(`${paths.key(provider)}/undo`, { method: "POST" }),
      usage: (provider: ProviderId) => json<KeyUses>(`${paths.key(provider)}/usage`),
      /** Wipes the key and keeps its settings and counts. */
      deactivate: (provider: ProviderId) => done(`${paths.key(provider)}?deactivate=true`, { method: "DELETE" }),
      remove: (provider: ProviderId) => done(paths.key(provider), { method: "DELETE" }),
    },
    openrouter: {
      /** `refresh` asks OpenRouter itself instead of answering what is known. */
      status: ({ refresh = false } = {}) => json<OpenRouterStatus>(paths.status + query({ refresh: refresh || null })),
      disconnect: () =>
        json<{ disconnected: true; revokeUrl: string | null }>("/api/openrouter/disconnect", { method: "DELETE" }),
      /** The page at OpenRouter where this very key is revoked. */
      revokePage: () => json<{ url: string }>("/api/openrouter/revoke", { method: "POST" }),
    },
    chat: {
      /** The answer's body is a stream of events: `readChunks` of `answer-stream.ts` reads it. */
      send: (question: ChatInput, { signal }: { signal?: AbortSignal } = {}) =>
        call("/api/chat", { method: "POST", body: question, signal }),
      /** A question of a chat that is never stored: what was said before comes along. */
      sendTemporary: (question: TemporaryInput, { signal }: { signal?: AbortSignal } = {}) =>
        call("/api/chat/temporary", { method: "POST", body: question, signal }),
      /** The running answer from its beginning and then live, in the same form; status 204: none is running. */
      attach: (id: string, { signal }: { signal?: AbortSignal } = {}) =>
        call(`/api/chat/${part(id)}/stream`, { signal }),
      stop: (id: string) => done(`/api/chat/${part(id)}/stop`, { method: "POST" }),
    },
    conversations: {
      /** Pinned ones first, then by when they were last written in; `archived` lists those put away instead. */
      list: (listing?: Listing & { archived?: boolean }) =>
        json<Page<ConversationSummary>>(paths.conversations(listing)),
      /** Every word must occur, the last may be unfinished; words in quotes stand in that order. */
      search: (q: string, { limit = 20, cursor, signal }: Listing & { signal?: AbortSignal } = {}) =>
        json<Page<FoundConversation>>(`/api/conversations${query({ q, limit, cursor })}`, { signal }),
      create: (conversation: NewConversationInput) =>
        json<ConversationSummary>("/api/conversations", { method: "POST", body: conversation }),
      /** With the newest messages of its path; with `before` those above that message. */
      get: (id: string, { before, limit, signal }: { before?: string; limit?: number; signal?: AbortSignal } = {}) =>
        json<Conversation>(paths.conversation(id) + query({ before, limit }), { signal }),
      /** Shows another version: the path goes through that message. */
      select: (id: string, messageId: string) =>
        json<Conversation>(`${paths.conversation(id)}/select`, { method: "POST", body: { messageId } }),
      /** Copies the path up to a message into a new conversation. */
      fork: (id: string, messageId: string) =>
        json<ConversationSummary>(`${paths.conversation(id)}/fork`, { method: "POST", body: { messageId } }),
      /** Deletes a message and all that hangs under it. */
      removeMessage: (id: string, messageId: string) => done(paths.message(id, messageId), { method: "DELETE" }),
      change: (id: string, patch: ConversationPatch) =>
        json<ConversationSummary>(paths.conversation(id), { method: "PATCH", body: patch }),
      remove: (id: string) => done(paths.conversation(id), { method: "DELETE" }),
    },
    /** Files that go along with a question: stored first, then named in it as `{type: "file", attachmentId}`. */
    attachments: {
      /** @throws ClientError `unsupported_media_type`, `payload_too_large`: nothing was stored. */
      upload: (file: Blob, name: string, { signal }: { signal?: AbortSignal } = {}) =>
        json<Attachment>("/api/attachments", {
          method: "POST",
          body: file,
          headers: { "x-file-name": encodeURIComponent(name.toWellFormed()) },
          signal,
        }),
      read: async (id: string) => (await call(paths.attachment(id))).blob(),
      /** Takes back a file that was not sent. */
      remove: (id: string) => done(paths.attachment(id), { method: "DELETE" }),
    },
    models: {
      list: () => json<ModelList>(paths.models),
      /** The model that names conversations after their first answer; null: their first words do. */
      setTitleModel: (titleModel: string | null) =>
        json<{ titleModel: string | null }>("/api/models/preferences", { method: "PUT", body: { titleModel } }),
    },
    preferences: {
      get: () => json<Preferences>(paths.preferences),
      set: (patch: Partial<Preferences>) => json<Preferences>(paths.preferences, { method: "PUT", body: patch }),
    },
    auditEvents: {
      list: ({ limit = 50, cursor }: Listing = {}) =>
        json<Page<AuditEvent>>(paths.auditEvents + query({ limit, cursor })),
    },
    /** Named tokens for programs, each with what it may do. A token itself cannot make or see any. */
    tokens: {
      list: () => json<Page<PersonalToken>>(paths.tokens),
      /** The answer is the only place where the token is ever told. */
      create: (token: NewTokenInput) => json<CreatedToken>(paths.tokens, { method: "POST", body: token }),
      revoke: (id: string) => done(`${paths.tokens}/${part(id)}`, { method: "DELETE" }),
    },
    account: {
      /** Who is asking. */
      me: () => json<{ user: Account }>("/api/auth/me"),
      /** What you want to be called; null takes the name away. */
      rename: (name: string | null) => done("/api/account", { method: "PATCH", body: { name } }),
      /** Ends every other session; this one goes on. */
      changePassword: (passwords: PasswordInput) => done("/api/account/password", { method: "PUT", body: passwords }),
      /** For good. Without a password the words are asked for: `{confirm: "delete my account"}`. */
      remove: (proof: AccountDeletionInput) =>
        json<AccountDeletionAnswer>("/api/account", { method: "DELETE", body: proof }),
      /** Deactivates every key, ends every other session and token, stops what is being answered. */
      lock: () => json<LockAnswer>("/api/account/lock", { method: "POST" }),
      /** The browsers and programs that are signed in, the one that asks first. */
      sessions: () => json<Page<Session>>(paths.sessions),
      /** Signs another one out. */
      endSession: (id: string) => done(`${paths.sessions}/${part(id)}`, { method: "DELETE" }),
      /** Signs all others out. */
      endOtherSessions: () => json<{ ended: number }>(paths.sessions, { method: "DELETE" }),
    },
  };
}

export type Client = ReturnType<typeof createClient>;
