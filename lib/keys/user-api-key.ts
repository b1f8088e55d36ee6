import type { Provider } from "@/lib/providers/names";
import type { KeySettings } from "./key-settings";

/** What is known of a stored key; `inactive` rows have no ciphertext and count as no key. */
export type KeyState =
  | "active"
  | "invalid"
  | "expired"
  | "limit_reached"
  | "out_of_credit"
  | "undecryptable"
  | "inactive";

/** What the last check said of a key that may be used: a `restricted` one cannot do everything. */
export type UsableStatus = "valid" | "restricted" | "no_credit";

/** USD as decimal strings, by UTC day, week from Monday, and month. */
export type Usage = { total: string; daily: string; weekly: string; monthly: string };

/** A stored key as the app may pass it on: no ciphertext, no hash, at most 4 characters of the key. */
export type UserApiKey = {
  id: string;
  provider: Provider;
  state: KeyState;
  keyHint: string | null;
  keyLabel: string | null;
  settings: KeySettings;
  checkStatus: UsableStatus | null;
  creditsRemaining: string | null;
  creditsLimit: string | null;
  limitReset: string | null;
  usage: Usage | null;
  isFreeTier: boolean | null;
  usageCount: number;
  lastUsedAt: Date | null;
  keySetAt: Date;
  connectedAt: Date | null;
  lastVerifiedAt: Date | null;
  expiresAt: Date | null;
  /** The key is in place for 90 days: the provider should give a new one. */
  rotationDue: boolean;
  /** Not used for 30 days. */
  unused: boolean;
  /** Until then the key that this one replaced can be put back. */
  undoUntil: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

/** Where the ciphertext of a key stands: the first field of what it is bound to. */
export const KEY_PURPOSE = "user_api_keys.encrypted_key";

const HINT_CHARS = 4;
const MIN_CHARS_FOR_HINT = 40;

/** The last 4 characters, and only of keys so long that they are at most a tenth (security.md, S28). */
export function keyHint(apiKey: string): string | null {
  return apiKey.length >= MIN_CHARS_FOR_HINT ? apiKey.slice(-HINT_CHARS) : null;
}

const LABEL_CHARS = 100;
const SHARED_RUN = 5;

/**
 * The provider's name for a key, unless it gives the key away: OpenRouter's default label is the key with its middle cut
 * out, which is more than the 4 characters that may be kept.
 */
export function safeLabel(label: string | null, apiKey: string): string | null {
  const text = (label ?? "").replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "").trim();
  if (text === "" || /sk-/i.test(text)) return null;
  for (let at = 0; at + SHARED_RUN <= text.length; at++) {
    if (apiKey.includes(text.slice(at, at + SHARED_RUN))) return null;
  }
  return text.slice(0, LABEL_CHARS).toWellFormed();
}
