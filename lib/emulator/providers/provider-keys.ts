import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { sha256, usd } from "../keys.ts";

/** The providers besides OpenRouter; each has its path in front: `/openai/v1`, `/google/v1beta` and so on. */
export const PROVIDERS = ["openai", "anthropic", "google", "xai"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/**
 * `restricted` may answer but not list models (xAI: may use one model only), `listing_only` the other way round;
 * `disabled` and `team_blocked` are xAI's words, elsewhere they are `blocked`. A `revoked` key is an unknown one.
 */
export const KEY_STATES = [
  "active",
  "revoked",
  "restricted",
  "listing_only",
  "no_credit",
  "blocked",
  "disabled",
  "team_blocked",
] as const;
export type ProviderKeyState = (typeof KEY_STATES)[number];

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const ALPHANUMERIC = LETTERS.slice(0, 62);

function random(length: number, letters: string): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length))
      if (byte < 256 - (256 % letters.length)) text += letters[byte % letters.length];
  }
  return text.slice(0, length);
}

const openAiKey = (prefix: string) => () => `${prefix}${random(74, LETTERS)}T3BlbkFJ${random(74, LETTERS)}`;

/** Shapes of openrouter-wire.md, section 7; the first of a provider is what its console makes today. */
const makers: Record<ProviderName, Record<string, () => string>> = {
  openai: {
    project: openAiKey("sk-proj-"),
    service: openAiKey("sk-svcacct-"),
    admin: openAiKey("sk-admin-"),
    legacy: () => `sk-${random(20, ALPHANUMERIC)}T3BlbkFJ${random(20, ALPHANUMERIC)}`,
  },
  anthropic: {
    api: () => `sk-ant-api03-${random(93, LETTERS)}AA`,
    admin: () => `sk-ant-admin01-${random(93, LETTERS)}AA`,
    oauth: () => `sk-ant-oat01-${random(93, LETTERS)}AA`,
  },
  google: {
    auth: () => `AQ.${random(50, LETTERS)}`,
    standard: () => `AIza${random(35, LETTERS)}`,
  },
  xai: { api: () => `xai-${random(80, ALPHANUMERIC)}` },
};

export const keyKinds = (provider: ProviderName) => Object.keys(makers[provider]);

/** One key of a provider. The key itself is not here: it is known by its SHA-256 only. */
export interface StoredProviderKey {
  provider: ProviderName;
  hash: string;
  /** Last four characters. */
  hint: string;
  label: string;
  kind: string;
  state: ProviderKeyState;
  /** USD left on the account; null: plenty. */
  credit: number | null;
  usage: number;
  createdAt: number;
}

export interface ProviderKeyOptions {
  provider: ProviderName;
  /** Registers this key instead of a random one. */
  key?: string;
  kind?: string;
  label?: string;
  state?: ProviderKeyState;
  credit?: number | null;
}

export type ProviderKeyPatch = Pick<ProviderKeyOptions, "state" | "credit" | "label">;

export class ProviderKeyStore {
  readonly #keys = new Map<string, StoredProviderKey>();
  readonly #clock: Clock;

  constructor(clock: Clock, known: StoredProviderKey[] = []) {
    this.#clock = clock;
    for (const key of known) this.#keys.set(key.hash, key);
  }

  /** The only place where a key's text exists: it is handed out once. @throws Error for a kind the provider has not. */
  create({ provider, kind = keyKinds(provider)[0] ?? "", key, label, ...patch }: ProviderKeyOptions) {
    const make = Object.hasOwn(makers[provider], kind) ? makers[provider][kind] : undefined;
    if (!make) throw new Error(`There is no such kind of key. Kinds: ${keyKinds(provider).join(", ")}.`);
    const text = key ?? make();
    const stored: StoredProviderKey = {
      provider,
      hash: sha256(text),
      hint: text.slice(-4),
      label: label ?? "API key",
      kind,
      state: "active",
      credit: null,
      usage: 0,
      createdAt: this.#clock.now(),
    };
    this.change(stored, patch);
    this.#keys.set(stored.hash, stored);
    return { key: text, stored };
  }

  change(key: StoredProviderKey, { state, credit, label }: ProviderKeyPatch): void {
    if (label !== undefined) key.label = label;
    if (state !== undefined) key.state = state;
    if (state === "active" && key.credit !== null && key.credit <= 0) key.credit = null;
    if (credit !== undefined) key.credit = credit;
  }

  charge(key: StoredProviderKey, cost: number): void {
    key.usage = usd(key.usage + cost);
    if (key.credit !== null) key.credit = usd(key.credit - cost);
  }

  get(hash: string): StoredProviderKey | undefined {
    return this.#keys.get(hash);
  }

  all(): StoredProviderKey[] {
    return [...this.#keys.values()];
  }
}

export const providerKeyState = (key: StoredProviderKey): ProviderKeyState =>
  key.state === "active" && key.credit !== null && key.credit <= 0 ? "no_credit" : key.state;

/** What the control interface tells about a key. */
export const describeProviderKey = (key: StoredProviderKey) => ({
  ...key,
  state: providerKeyState(key),
  createdAt: new Date(key.createdAt).toISOString(),
});
