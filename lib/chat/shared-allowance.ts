import Decimal from "decimal.js";
import { sharedCallsToday } from "@/lib/calls/spend";
import { sharedSpendToday } from "@/lib/conversations/shared-spend";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";

export type SharedAllowance = { dailyUsd: string | null; leftTodayUsd: string | null };

/** What the operator lets one user spend on the shared key in a day (UTC); nulls when there is no bound. */
export async function sharedAllowance(userId: string): Promise<SharedAllowance> {
  const daily = env().SHARED_KEY_DAILY_USD;
  if (daily === undefined) return { dailyUsd: null, leftTodayUsd: null };
  const spent = await Promise.all([sharedSpendToday(userId), sharedCallsToday(userId)]); // in chats, and by programs
  const left = Math.max(0, daily - Decimal.sum(...spent).toNumber());
  return { dailyUsd: String(daily), leftTodayUsd: String(Number(left.toFixed(6))) };
}

/** @throws AppError `budget_reached` when the caller's share of today is spent. */
export async function requireSharedAllowance(userId: string): Promise<void> {
  const { leftTodayUsd } = await sharedAllowance(userId);
  if (leftTodayUsd === null || Number(leftTodayUsd) > 0) return;
  const sentence =
    "Your share of the shared key is spent for today. You were not charged. Connect your own key, or come back tomorrow.";
  throw new AppError("budget_reached", sentence, { action: "connect" });
}
