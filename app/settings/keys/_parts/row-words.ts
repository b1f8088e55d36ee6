import type { PayerTone } from "@/app/_components/payer";
import { formatAgo, formatCount } from "@/lib/client/format";
import type { KeyNotice, KeyNoticeAction, ProviderConfig } from "@/lib/client/types";
import { type Provider, providerNames } from "@/lib/providers/names";

export type RowWords = { tone: PayerTone; title: string; text: string; action: KeyNoticeAction | null };

/** The state of a provider's key in words: what is the matter, what it means for the money, what to do. */
export function rowWords(provider: Provider, key: ProviderConfig | undefined): RowWords {
  const name = providerNames[provider];
  switch (key?.state) {
    case undefined:
      return {
        tone: "none",
        title: "No key",
        text: `With a key of yours, ${name} answers and bills you directly.`,
        action: null,
      };
    case "inactive":
      return {
        tone: "none",
        title: "Deactivated",
        text: "The key is wiped here; its settings and counts are kept. Nothing is charged to it.",
        action: "replace",
      };
    case "active":
      return key.checkStatus === "restricted"
        ? {
            tone: "ok",
            title: "Works, with restrictions",
            text: `${name} allows this key some things only.`,
            action: null,
          }
        : {
            tone: "ok",
            title: "Works",
            text: `It pays for ${name}'s models. ${name} bills you directly.`,
            action: null,
          };
    case "invalid":
      return {
        tone: "bad",
        title: `${name} no longer accepts this key`,
        text: "It was probably deleted there. Nothing is charged to it any more.",
        action: "replace",
      };
    case "expired":
      return {
        tone: "bad",
        title: "The key has expired",
        text: "Nothing is charged to it any more.",
        action: "replace",
      };
    case "limit_reached":
      return {
        tone: "bad",
        title: "The key has reached its spending limit",
        text: `The key is fine, but ${name} lets it spend no more.`,
        action: "raise_limit",
      };
    case "out_of_credit":
      return {
        tone: "bad",
        title: `Your ${name} account has no credit left`,
        text: `The key is fine. Add credit at ${name}, then test again.`,
        action: "add_credit",
      };
    case "undecryptable":
      return {
        tone: "bad",
        title: "The stored key cannot be read",
        text: "It was encrypted with a key this server no longer has. Nothing is charged to it.",
        action: "replace",
      };
  }
}

/** Notices that say more than the state does. */
export const furtherNotices = (notices: readonly KeyNotice[], key: ProviderConfig): KeyNotice[] =>
  notices.filter(({ provider, kind }) => provider === key.provider && kind !== key.state && kind !== "rotation_due");

/** How much it was used, how old it is, when it was last looked at. */
export function rowFacts(key: ProviderConfig, now = new Date()): string[] {
  const { usageCount, lastUsedAt, keySetAt, lastVerifiedAt, state } = key;
  const times = usageCount === 1 ? "once" : `${formatCount(usageCount)} times`;
  const used =
    usageCount === 0 ? "Never used" : `Used ${times}${lastUsedAt ? `, last ${formatAgo(lastUsedAt, now)}` : ""}`;
  if (state === "inactive") return [used];
  return [
    used,
    `set ${ageOf(keySetAt, now)}`,
    lastVerifiedAt ? `tested ${formatAgo(lastVerifiedAt, now)}` : "not tested yet",
  ];
}

const DAY_MS = 86_400_000;

/** `95 days ago`: an age in days, where a date would have to be reckoned. */
export function ageOf(iso: string, now = new Date()): string {
  const days = Math.floor((now.getTime() - new Date(iso).getTime()) / DAY_MS);
  return days <= 14 ? formatAgo(iso, now) : `${days} days ago`;
}

const MINUTE_MS = 60_000;

/** Whole minutes until a time, at least 1; null once it is past. */
export function minutesUntil(iso: string | null, now = Date.now()): number | null {
  const left = iso === null ? 0 : new Date(iso).getTime() - now;
  return left > 0 ? Math.ceil(left / MINUTE_MS) : null;
}
