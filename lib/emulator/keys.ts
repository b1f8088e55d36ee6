import { createHash, randomBytes } from "node:crypto";
import { type Clock, dayOf, periodStart } from "./clock.ts";

export type LimitReset = "daily" | "weekly" | "monthly";
type KeyState = "active" | "disabled" | "expired" | "limit_reached" | "no_credit" | "management";

/** One API key. The key itself is not here: it is known by its SHA-256 only. */
export interface StoredKey {
  hash: string;
  /** Last four characters. */
  hint: string;
  label: string;
  userId: string;
  madeBy: "consent" | "control";
  createdAt: number;
  disabled: boolean;
  management: boolean;
  freeTier: boolean;
  /** Unix milliseconds. */
  expiresAt: number | null;
  /** USD that the key may spend per period, or in all when it never resets. */
  limit: number | null;
  limitReset: LimitReset | null;
  /** USD left on the account; null: plenty. */
  credit: number | null;
  /** USD in all, and per UTC day. */
  usage: number;
  usageByDay: Record<number, number>;
}

export interface KeyOptions {
  /** Registers this key instead of a random one: a demo or a benchmark that starts again keeps its key. */
  key?: string;
  label?: string;
  userId?: string;
  madeBy?: "consent" | "control";
  state?: KeyState | "revoked";
  management?: boolean;
  freeTier?: boolean;
  expiresAt?: string | null;
  limit?: number | null;
  limitReset?: LimitReset | null;
  credit?: number | null;
  usage?: number;
}

export type KeyPatch = Omit<KeyOptions, "key" | "madeBy" | "userId">;

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
export const newAccountId = () => `user_${randomBytes(14).toString("hex")}`;
/** Drops the dust of binary fractions: twelve significant digits are more than any price has. */
export const usd = (amount: number) => Number(amount.toPrecision(12));

const KEY_FORM = /^sk-or-v1-[0-9a-f]{64}$/;

export function usageSince(key: StoredKey, firstDay: number): number {
  let sum = 0;
  for (const [day, cost] of Object.entries(key.usageByDay)) if (Number(day) >= firstDay) sum += cost;
  return usd(sum);
}

/** USD left under the key's own cap; null without a cap. */
export function limitRemaining(key: StoredKey, now: number): number | null {
  if (key.limit === null) return null;
  const spent = key.limitReset ? usageSince(key, periodStart(key.limitReset, now)) : key.usage;
  return usd(Math.max(0, key.limit - spent));
}

export function stateOf(key: StoredKey, now: number): KeyState {
  if (key.disabled) return "disabled";
  if (key.expiresAt !== null && key.expiresAt <= now) return "expired";
  if (key.management) return "management";
  if (limitRemaining(key, now) === 0) return "limit_reached";
  if (key.credit !== null && key.credit <= 0) return "no_credit";
  return "active";
}

export class KeyStore {
  readonly #keys = new Map<string, StoredKey>();
  readonly #clock: Clock;

  constructor(clock: Clock, known: StoredKey[] = []) {
    this.#clock = clock;
    for (const key of known) this.#keys.set(key.hash, key);
  }

  /** The only place where a key's text exists: it is handed out once. */
  create({ key = `sk-or-v1-${randomBytes(32).toString("hex")}`, ...options }: KeyOptions = {}) {
    if (!KEY_FORM.test(key)) throw new Error("A key is sk-or-v1- and 64 lower-case hex digits.");
    const stored: StoredKey = {
      hash: sha256(key),
      hint: key.slice(-4),
      label: options.label ?? `${key.slice(0, 12)}...${key.slice(-4)}`,
      userId: options.userId ?? newAccountId(),
      madeBy: options.madeBy ?? "control",
      createdAt: this.#clock.now(),
      disabled: false,
      management: false,
      freeTier: false,
      expiresAt: null,
      limit: null,
      limitReset: null,
      credit: null,
      usage: 0,
      usageByDay: {},
    };
    this.change(stored, options);
    this.#keys.set(stored.hash, stored);
    return { key, stored };
  }

  change(key: StoredKey, { state, expiresAt, usage, ...fields }: KeyPatch): void {
    for (const name of ["label", "management", "freeTier", "limit", "limitReset", "credit"] as const) {
      if (fields[name] !== undefined) Object.assign(key, { [name]: fields[name] });
    }
    if (expiresAt !== undefined) key.expiresAt = expiresAt === null ? null : Date.parse(expiresAt);
    if (usage !== undefined) {
      key.usage = usage;
      key.usageByDay = { [dayOf(this.#clock.now())]: usage };
    }
    if (state !== undefined) this.#enter(key, state);
  }

  /** Brings a key into a state by changing what the state follows from; `active` takes away whatever stands in its way. */
  #enter(key: StoredKey, state: KeyState | "revoked") {
    const now = this.#clock.now();
    if (state === "disabled" || state === "revoked") key.disabled = true;
    else if (state === "expired") key.expiresAt = now;
    else if (state === "management") key.management = true;
    else if (state === "no_credit") key.credit = 0;
    else if (state === "limit_reached") key.limit = key.limit === null ? key.usage : Math.min(key.limit, key.usage);
    else {
      key.disabled = false;
      key.management = false;
      if (key.expiresAt !== null && key.expiresAt <= now) key.expiresAt = null;
      if (limitRemaining(key, now) === 0) key.limit = null;
      if (key.credit !== null && key.credit <= 0) key.credit = null;
    }
  }

  charge(key: StoredKey, cost: number): void {
    if (cost === 0) return;
    const day = dayOf(this.#clock.now());
    key.usage = usd(key.usage + cost);
    key.usageByDay[day] = usd((key.usageByDay[day] ?? 0) + cost);
    if (key.credit !== null) key.credit = usd(key.credit - cost);
  }

  get(hash: string): StoredKey | undefined {
    return this.#keys.get(hash);
  }

  all(): StoredKey[] {
    return [...this.#keys.values()];
  }
}

/** What the control interface tells about a key. */
export function describeKey(key: StoredKey, now: number) {
  const { usageByDay: _, ...rest } = key;
  return {
    ...rest,
    createdAt: new Date(key.createdAt).toISOString(),
    expiresAt: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
    state: stateOf(key, now),
    limitRemaining: limitRemaining(key, now),
  };
}
