import { z } from "zod";
import { KeySettings } from "@/lib/keys/key-settings";
import { count, id, provider, time, usd } from "@/lib/openapi/fields";

const Settings = KeySettings.meta({
  id: "KeySettings",
  description: "What stands beside a key and changes without touching it.",
});

export const ProviderConfig = z
  .object({
    id,
    provider,
    state: z.enum(["active", "invalid", "expired", "limit_reached", "out_of_credit", "undecryptable", "inactive"]),
    isActive: z.boolean().describe("False once it was deactivated: the key was wiped, the rest kept."),
    keyHint: z.string().nullable().describe("The key's last 4 characters."),
    keyLabel: z.string().nullable().describe("The provider's name for it."),
    settings: Settings,
    checkStatus: z.enum(["valid", "restricted", "no_credit"]).nullable().describe("What the last check said."),
    creditsRemaining: usd.nullable(),
    creditsLimit: usd.nullable(),
    limitReset: z.string().nullable().describe("`daily`, `weekly`, `monthly`; null: never."),
    usage: z
      .object({ total: usd, daily: usd, weekly: usd, monthly: usd })
      .nullable()
      .describe("What the provider counted, in USD."),
    isFreeTier: z.boolean().nullable(),
    usageCount: count,
    lastUsedAt: time.nullable(),
    keySetAt: time.describe("When the key itself was last replaced."),
    connectedAt: time.nullable(),
    lastVerifiedAt: time.nullable(),
    expiresAt: time.nullable(),
    rotationDue: z.boolean().describe("In place for 90 days: the provider should give a new one."),
    unused: z.boolean().describe("Not used for 30 days."),
    undoUntil: time.nullable().describe("Until then the key that this one replaced can be put back."),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "ProviderConfig", description: "A stored key without the key." });

export const KeyNotice = z
  .object({
    provider,
    kind: z.enum([
      "invalid",
      "expired",
      "expires_soon",
      "limit_reached",
      "out_of_credit",
      "low_credit",
      "undecryptable",
      "rotation_due",
      "unused",
      "restricted",
    ]),
    severity: z.enum(["error", "warning", "info"]),
    sentence: z.string(),
    action: z.enum(["reconnect", "replace", "add_credit", "raise_limit", "remove"]).nullable(),
  })
  .meta({ id: "KeyNotice", description: "What the owner of a key should know, with the one thing to do." });

const check = {
  status: z.enum(["valid", "restricted", "no_credit", "invalid", "wrong_kind", "unchecked"]),
  message: z.string(),
  looksLike: provider.optional().describe("The provider whose key this seems to be."),
};
export const KeyCheck = z.object(check).meta({ id: "KeyCheck", description: "What a provider said of a key." });

export const KeyListAnswer = z.object({ items: z.array(ProviderConfig), notices: z.array(KeyNotice) });
export const KeyAnswer = z.object({ config: ProviderConfig });
export const CheckedKeyAnswer = z.object({ config: ProviderConfig, check: KeyCheck });
export const SavedKeyAnswer = CheckedKeyAnswer.extend({ undoUntil: time.nullable() });
export const KeyTestAnswer = z.object({ valid: z.boolean(), ...check });
export const KeyUsesAnswer = z.object({
  usageCount: count,
  lastUsedAt: time.nullable(),
  createdAt: time,
  keySetAt: time,
  byDay: z.array(z.object({ day: z.iso.date(), count })).describe("The last 90 days of UTC on which it was used."),
});
