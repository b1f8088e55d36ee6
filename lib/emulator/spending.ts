import { type CatalogueModel, costOf } from "./catalogue.ts";
import { periodEnd, startOfDay } from "./clock.ts";
import { limitRemaining, type StoredKey } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { freeCallsPerDay, type State } from "./state.ts";

const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;

/**
 * The checks that OpenRouter makes before it calls a provider.
 * @throws Refusal 402, 403 or 429 with the bodies of openrouter-wire.md, sections 4.3 and 4.4.
 */
export function checkSpending(
  state: State,
  key: StoredKey,
  model: CatalogueModel,
  wanted: { prompt: number; max: number },
) {
  if (key.management) {
    throw new Refusal(403, "Management keys cannot be used for inference", {
      metadata: { error_type: "permission_denied" },
    });
  }
  if (limitRemaining(key, state.clock.now()) === 0) throw keyLimitReached(state, key);
  if (model.isFree) checkFreeCalls(state, key);
  if (key.credit === null || (model.isFree && key.credit >= 0)) return;
  if (key.credit <= 0) {
    throw new Refusal(402, "Insufficient credits. Add more using https://openrouter.ai/credits", {
      userId: key.userId,
    });
  }
  const left = key.credit - costOf(model, wanted.prompt, 0).prompt;
  const affordable = Math.max(0, Math.floor(left / model.price.completion));
  if (affordable >= wanted.max) return;
  throw new Refusal(
    402,
    `This request requires more credits, or fewer max_tokens. You requested up to ${wanted.max} tokens, but can only afford ${affordable}. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account`,
    { metadata: { provider_name: null }, userId: key.userId },
  );
}

function keyLimitReached(state: State, key: StoredKey): Refusal {
  const period = key.limitReset ?? "total";
  if (state.settings.keyLimit !== "budget") {
    const message = `Key limit exceeded (${period} limit). Manage it using https://openrouter.ai/settings/keys`;
    return new Refusal(Number(state.settings.keyLimit), message, { userId: key.userId });
  }
  const resetsAt = key.limitReset && startOfDay(periodEnd(key.limitReset, state.clock.now()));
  return new Refusal(403, "Budget limit exceeded", {
    metadata: {
      limit_source: "openrouter_key_limit",
      scope: "api_key",
      limit_usd: key.limit,
      spend_usd: key.usage,
      resets_at: resetsAt ? new Date(resetsAt).toISOString() : null,
    },
  });
}

function checkFreeCalls(state: State, key: StoredKey): void {
  const now = state.clock.now();
  const calls = state.freeCalls(key);
  const perDay = freeCallsPerDay(key);
  const nextDay = (Math.floor(now / (DAY_SECONDS * 1000)) + 1) * DAY_SECONDS * 1000;
  if (calls.length >= perDay) {
    const advice = key.freeTier ? " Add 10 credits to unlock 1000 free model requests per day" : "";
    throw freeLimit(
      `Rate limit exceeded: free-models-per-day.${advice}`,
      perDay,
      nextDay,
      "openrouter_free_tier_daily",
    );
  }
  const { freePerMinute } = state.settings;
  const recent = calls.filter((at) => at > now - MINUTE_MS);
  if (recent.length >= freePerMinute) {
    throw freeLimit("Rate limit exceeded: free-models-per-min.", freePerMinute, (recent[0] ?? now) + MINUTE_MS);
  }
  calls.push(now);
}

function freeLimit(message: string, limit: number, resetMs: number, limitSource?: string): Refusal {
  const headers = {
    "X-RateLimit-Limit": String(limit),
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": String(resetMs),
  };
  return new Refusal(429, message, {
    metadata: { headers, ...(limitSource && { limit_source: limitSource }) },
    headers,
  });
}
