import { type Call, requireKey, sendJson } from "./call.ts";
import { periodStart } from "./clock.ts";
import { limitRemaining, usageSince, usd } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { freeCallsPerDay } from "./state.ts";

/** `GET /key` and its older name `/auth/key`: free, for any valid key, also one that may not spend any more. */
export function readKeyInfo(call: Call): void {
  const { state, response } = call;
  const key = requireKey(call);
  const now = state.clock.now();
  const freeLimit = freeCallsPerDay(key);
  const freeUsed = state.freeCalls(key).length;
  sendJson(response, 200, {
    data: {
      label: key.label,
      limit: key.limit,
      limit_remaining: limitRemaining(key, now),
      limit_reset: key.limitReset,
      include_byok_in_limit: false,
      usage: key.usage,
      usage_daily: usageSince(key, periodStart("daily", now)),
      usage_weekly: usageSince(key, periodStart("weekly", now)),
      usage_monthly: usageSince(key, periodStart("monthly", now)),
      byok_usage: 0,
      byok_usage_daily: 0,
      byok_usage_weekly: 0,
      byok_usage_monthly: 0,
      is_free_tier: key.freeTier,
      is_management_key: key.management,
      is_provisioning_key: key.management,
      creator_user_id: key.userId,
      expires_at: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
      rate_limit: { requests: -1, interval: "10s", note: "This field is deprecated and safe to ignore." },
      free_model_daily_requests: { limit: freeLimit, used: freeUsed, remaining: Math.max(0, freeLimit - freeUsed) },
      allowed_data_regions: ["global"],
      organization_id: null,
      workspace_id: null,
    },
  });
}

/** `GET /credits`: for management keys; an ordinary key has been answered in two ways. */
export function readCredits(call: Call): void {
  const { state, response } = call;
  const key = requireKey(call);
  if (!key.management && state.settings.credits === "forbidden") {
    throw new Refusal(403, "Only management keys can perform this operation");
  }
  const data = key.management
    ? { total_credits: usd((key.credit ?? 0) + key.usage), total_usage: key.usage }
    : { total_credits: 0, total_usage: 0 };
  sendJson(response, 200, { data });
}
