import type { KeyNotice, ProviderConfig } from "@/lib/client/types";

/** A stored key as the pages get it, for tests that change one thing at a time. */
export const keyOf = (changes: Partial<ProviderConfig> = {}): ProviderConfig => ({
  id: "0b8fb9f0-0000-4000-8000-000000000001",
  provider: "openai",
  state: "active",
  isActive: true,
  keyHint: "a1b2",
  keyLabel: null,
  settings: {},
  checkStatus: "valid",
  usageCount: 0,
  lastUsedAt: null,
  keySetAt: new Date().toISOString(),
  lastVerifiedAt: null,
  expiresAt: null,
  rotationDue: false,
  unused: false,
  undoUntil: null,
  createdAt: new Date().toISOString(),
  updatedAt: new Date().toISOString(),
  ...changes,
});

export const noticeOf = (changes: Partial<KeyNotice> = {}): KeyNotice => ({
  provider: "openai",
  kind: "invalid",
  severity: "error",
  sentence: "OpenAI no longer accepts your key. Save a new key to go on.",
  action: "replace",
  ...changes,
});
