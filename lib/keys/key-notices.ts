import { type Provider, providerNames } from "@/lib/providers/names";
import type { UserApiKey } from "./user-api-key";

export type KeyNotice = {
  provider: Provider;
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
  action: "reconnect" | "replace" | "add_credit" | "raise_limit" | "remove" | null;
};
type Told = Omit<KeyNotice, "provider">;

const DAY_MS = 86_400_000;
const SOON_DAYS = 7;
const LOW_SHARE = 0.1;
const LOW_USD = 1;
const order = { error: 0, warning: 1, info: 2 };

/** What the owner of these keys should know before the next message, the gravest first. */
export function keyNotices(keys: UserApiKey[], now: Date): KeyNotice[] {
  return keys
    .flatMap((key) => noticesOf(key, now).map((notice) => ({ provider: key.provider, ...notice })))
    .sort((a, b) => order[a.severity] - order[b.severity]);
}

/** A key that cannot pay has one notice, and what is only advice waits until it can. */
function noticesOf(key: UserApiKey, now: Date): Told[] {
  const state = stateNotice(key);
  if (state !== undefined) return state === null ? [] : [state];
  return [expiry(key, now), credit(key), restriction(key), age(key, now)].filter((notice) => notice !== undefined);
}

const renewal = ({ provider }: UserApiKey) => (provider === "openrouter" ? "reconnect" : "replace");
const renew = ({ provider }: UserApiKey) => (provider === "openrouter" ? "Reconnect OpenRouter" : "Save a new key");
const resets: Record<string, string> = { daily: "each day", weekly: "each week", monthly: "each month" };

/** @returns undefined for a key that can pay, null for one that was deactivated: nobody expects it to. */
function stateNotice(key: UserApiKey): Told | null | undefined {
  const name = providerNames[key.provider];
  switch (key.state) {
    case "active":
      return undefined;
    case "inactive":
      return null;
    case "invalid":
      return {
        ...{ kind: "invalid", severity: "error", action: renewal(key) },
        sentence: `${name} no longer accepts your key, so it pays for nothing. ${renew(key)} to go on.`,
      };
    case "expired":
      return {
        ...{ kind: "expired", severity: "error", action: renewal(key) },
        sentence: `Your ${name} key has expired, so it pays for nothing. ${renew(key)} to go on.`,
      };
    case "undecryptable":
      return {
        ...{ kind: "undecryptable", severity: "error", action: renewal(key) },
        sentence: `Your stored ${name} key cannot be read on this server any more, so it pays for nothing. ${renew(key)} to go on.`,
      };
    case "limit_reached": {
      const again = resets[key.limitReset ?? ""];
      const wait = again ? `, or wait: it starts anew ${again}` : "";
      return {
        ...{ kind: "limit_reached", severity: "error", action: "raise_limit" },
        sentence: `Your ${name} key has reached its spending limit, so it pays for nothing more. Raise the limit at ${name}${wait}.`,
      };
    }
    case "out_of_credit":
      return {
        ...{ kind: "out_of_credit", severity: "error", action: "add_credit" },
        sentence: `Your ${name} account has too little credit; the key itself is fine. Add credit at ${name} to go on.`,
      };
  }
}

function expiry(key: UserApiKey, now: Date): Told | undefined {
  if (key.expiresAt === null) return undefined;
  const leftMs = key.expiresAt.getTime() - now.getTime();
  if (leftMs > SOON_DAYS * DAY_MS) return undefined;
  const days = Math.floor(leftMs / DAY_MS);
  const when = days < 1 ? "within a day" : `in ${days} day${days === 1 ? "" : "s"}`;
  return {
    ...{ kind: "expires_soon", severity: "warning", action: renewal(key) },
    sentence: `Your ${providerNames[key.provider]} key expires ${when} and pays for nothing after that. ${renew(key)} before then.`,
  };
}

function credit(key: UserApiKey): Told | undefined {
  if (key.creditsRemaining === null || key.creditsLimit === null) return undefined;
  const [left, cap] = [Number(key.creditsRemaining), Number(key.creditsLimit)];
  // A small cap is not low from its first cent on.
  const isLow = left < cap * LOW_SHARE || (left < LOW_USD && left < cap / 2);
  if (!isLow) return undefined;
  const name = providerNames[key.provider];
  return {
    ...{ kind: "low_credit", severity: "warning", action: "raise_limit" },
    sentence: `Your ${name} key may spend only ${usd(left)} of its ${usd(cap)} limit more. Raise the limit at ${name} before it runs dry.`,
  };
}

const usd = (amount: number) => (amount > 0 && amount < 0.01 ? "less than $0.01" : `$${amount.toFixed(2)}`);

function restriction(key: UserApiKey): Told | undefined {
  if (key.checkStatus !== "restricted") return undefined;
  const name = providerNames[key.provider];
  return {
    ...{ kind: "restricted", severity: "info", action: null },
    sentence: `Your ${name} key is restricted: some models or functions may be refused. Nothing is charged for a refusal. Change its permissions at ${name} if you miss something.`,
  };
}

/** A key that nobody uses is better removed than replaced. */
function age(key: UserApiKey, now: Date): Told | undefined {
  const name = providerNames[key.provider];
  const daysSince = (at: Date) => Math.floor((now.getTime() - at.getTime()) / DAY_MS);
  if (key.unused) {
    const what = key.lastUsedAt === null ? "was never used" : `was not used for ${daysSince(key.lastUsedAt)} days`;
    return {
      ...{ kind: "unused", severity: "info", action: "remove" },
      sentence: `Your ${name} key ${what}. A key that you do not need is safest removed, here and at ${name}.`,
    };
  }
  if (!key.rotationDue) return undefined;
  return {
    ...{ kind: "rotation_due", severity: "info", action: renewal(key) },
    sentence: `Your ${name} key is in place for ${daysSince(key.keySetAt)} days. It works, but a fresh key limits what a lost one can do. ${renew(key)} and revoke the old one.`,
  };
}
