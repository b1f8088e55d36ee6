import { provider } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { CheckedKeyAnswer, KeyAnswer, KeyListAnswer, KeyTestAnswer, KeyUsesAnswer, SavedKeyAnswer } from "./answers";
import { MAX_KEY_BODY_BYTES, MAX_SETTINGS_BYTES, NewKey, RemovalQuery, SettingsChange, TestKey } from "./schema";

const config = {
  id: "0e8a2f64-6a53-4f0a-9d0e-0f6d3a1f9b11",
  provider: "openai",
  state: "active",
  isActive: true,
  keyHint: "a1b2",
  keyLabel: null,
  settings: { defaultModel: "openai:gpt-5" },
  checkStatus: "valid",
  creditsRemaining: null,
  creditsLimit: null,
  limitReset: null,
  usage: null,
  isFreeTier: null,
  usageCount: 12,
  lastUsedAt: "2026-11-20T09:30:00.000Z",
  keySetAt: "2026-11-01T08:00:00.000Z",
  connectedAt: null,
  lastVerifiedAt: "2026-11-20T09:00:00.000Z",
  expiresAt: null,
  rotationDue: false,
  unused: false,
  undoUntil: null,
  createdAt: "2026-11-01T08:00:00.000Z",
  updatedAt: "2026-11-20T09:30:00.000Z",
};
const check = { status: "valid", message: "OpenAI accepts this key." };
const newKey = { provider: "openai", apiKey: "sk-proj-…" };
const params = { provider };

export const keys: Group = {
  name: "Keys",
  description:
    "One key a provider. It comes in with the request that saves it and never goes out again: at most its last 4 characters are shown.",
  operations: [
    {
      id: "listKeys",
      method: "get",
      path: "/api/provider-configs",
      summary: "All keys, without the keys",
      access: "keys:read",
      answers: {
        200: {
          description: "Every stored key, and what its owner should know, the gravest first.",
          schema: KeyListAnswer,
          example: { items: [config], notices: [] },
        },
      },
    },
    {
      id: "saveKey",
      method: "post",
      path: "/api/provider-configs",
      summary: "Check a key and store it",
      description:
        "The provider is asked first. What it refuses is not stored, nor what it could not be asked about. A key that was there before can be put back until `undoUntil`.",
      access: "keys:write",
      body: { schema: NewKey, example: newKey },
      maxBytes: MAX_KEY_BODY_BYTES,
      answers: {
        201: { description: "Stored.", schema: SavedKeyAnswer, example: { config, check, undoUntil: null } },
      },
      errors: ["key_invalid", "provider_unavailable"],
      statusOf: { key_invalid: 422, provider_unavailable: 503 },
      limit: "save_key",
    },
    {
      id: "changeKeySettings",
      method: "put",
      path: "/api/provider-configs",
      summary: "Change what stands beside a key",
      description: "The key is not touched. All settings are replaced by those sent.",
      access: "keys:write",
      body: { schema: SettingsChange, example: { provider: "openai", settings: { defaultModel: "openai:gpt-5" } } },
      maxBytes: MAX_SETTINGS_BYTES,
      answers: { 200: { description: "As it is now.", schema: KeyAnswer, example: { config } } },
      errors: ["not_found"],
      limit: "preferences",
    },
    {
      id: "removeKey",
      method: "delete",
      path: "/api/provider-configs/{provider}",
      summary: "Remove or deactivate a key",
      description:
        "Wipes the key. Doing it again changes nothing. The provider goes on accepting it until it is revoked there.",
      access: "keys:write",
      params,
      query: RemovalQuery,
      answers: { 204: { description: "It is gone." } },
      limit: "delete_key",
    },
    {
      id: "checkKey",
      method: "post",
      path: "/api/provider-configs/{provider}/check",
      summary: "Ask the provider about the stored key now",
      access: "keys:write",
      params,
      answers: { 200: { description: "What it said.", schema: CheckedKeyAnswer, example: { config, check } } },
      limit: "test_key",
    },
    {
      id: "undoReplaceKey",
      method: "post",
      path: "/api/provider-configs/{provider}/undo",
      summary: "Put the replaced key back",
      access: "keys:write",
      params,
      answers: { 200: { description: "The key before is in place again.", schema: KeyAnswer, example: { config } } },
      errors: ["conflict"],
      limit: "save_key",
    },
    {
      id: "keyUsage",
      method: "get",
      path: "/api/provider-configs/{provider}/usage",
      summary: "How often a key was used",
      access: "keys:read",
      params,
      answers: {
        200: {
          description: "Uses in all and by day.",
          schema: KeyUsesAnswer,
          example: {
            usageCount: 12,
            lastUsedAt: "2026-11-20T09:30:00.000Z",
            createdAt: "2026-11-01T08:00:00.000Z",
            keySetAt: "2026-11-01T08:00:00.000Z",
            byDay: [{ day: "2026-11-20", count: 12 }],
          },
        },
      },
    },
    {
      id: "testKey",
      method: "post",
      path: "/api/test-api-key",
      summary: "Check a key and store nothing",
      description: "Free at every provider. It answers for every key; only a request that is itself refused fails.",
      access: "keys:write",
      body: { schema: TestKey, example: newKey },
      maxBytes: MAX_KEY_BODY_BYTES,
      answers: {
        200: { description: "What the provider said.", schema: KeyTestAnswer, example: { valid: true, ...check } },
      },
      limit: "test_key",
    },
  ],
};
