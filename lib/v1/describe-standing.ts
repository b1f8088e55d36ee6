import { sumCalls } from "@/lib/calls/sum-calls";
import { listKeys } from "@/lib/keys/list-keys";

type Standing = {
  userId: string;
  tokenId: string | null;
  budget: { usd: string; period: "day" | "total"; spentUsd: string } | null;
};

/**
 * How the caller stands with us, in the fields in which OpenRouter tells how a key stands: what this token may spend and
 * has spent. Which providers can be asked stands beside; of their keys nothing is told but the state.
 */
export async function describeStanding({ userId, tokenId, budget }: Standing) {
  const [usage, keys] = await Promise.all([sumCalls({ userId, tokenId }), listKeys(userId)]);
  const limit = budget && Number(budget.usd);
  return {
    label: tokenId === null ? "session" : "token",
    limit,
    limit_remaining: budget && Math.max(0, Number(budget.usd) - Number(budget.spentUsd)),
    limit_reset: budget?.period === "day" ? "daily" : null,
    usage: usage.total,
    usage_daily: usage.daily,
    usage_weekly: usage.weekly,
    usage_monthly: usage.monthly,
    is_free_tier: false,
    is_management_key: false,
    is_provisioning_key: false,
    include_byok_in_limit: false,
    byok_usage: 0,
    byok_usage_daily: 0,
    byok_usage_weekly: 0,
    byok_usage_monthly: 0,
    providers: keys.filter(({ state }) => state !== "inactive").map(({ provider, state }) => ({ provider, state })),
  };
}
