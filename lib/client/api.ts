import { send, sendJson } from "./request";
import type {
  AuditEvent,
  Conversation,
  ConversationSummary,
  ModelList,
  OpenRouterStatus,
  Page,
  Preferences,
} from "./types";

const conversation = (id: string) => `/api/conversations/${encodeURIComponent(id)}`;

/** Paths double as cache keys of what they answer. */
export const paths = {
  status: "/api/openrouter/status",
  preferences: "/api/preferences",
  models: "/api/models",
  auditEvents: "/api/audit-events",
  conversations: (cursor?: string | null) =>
    `/api/conversations?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
  conversation,
};

export const getStatus = ({ refresh = false } = {}) =>
  sendJson<OpenRouterStatus>(refresh ? `${paths.status}?refresh=true` : paths.status);

export const disconnectOpenRouter = () =>
  sendJson<{ disconnected: true; revokeUrl: string | null }>("/api/openrouter/disconnect", { method: "DELETE" });

export const setPreferences = (patch: Partial<Preferences>) =>
  sendJson<Preferences>(paths.preferences, { method: "PUT", body: patch });

export const listAuditEvents = (cursor?: string | null) =>
  sendJson<Page<AuditEvent>>(`${paths.auditEvents}?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);

export const listConversations = (cursor?: string | null) =>
  sendJson<Page<ConversationSummary>>(paths.conversations(cursor));

export const getConversation = (id: string, signal?: AbortSignal) =>
  sendJson<Conversation>(conversation(id), { signal });

export const renameConversation = (id: string, title: string) =>
  sendJson<ConversationSummary>(conversation(id), { method: "PATCH", body: { title } });

export const deleteConversation = (id: string) => send(conversation(id), { method: "DELETE" });

export const stopAnswer = (id: string) => send(`/api/chat/${encodeURIComponent(id)}/stop`, { method: "POST" });

export const listModels = () => sendJson<ModelList>(paths.models);
