import Decimal from "decimal.js";
import { toDecimal } from "@/lib/chat/receipt";
import { estimateCost } from "@/lib/models/prices";
import type { Provider } from "@/lib/providers/provider";

/** What an answer took, as far as the provider said. */
export type Used = {
  generationId: string | null;
  servedModel: string | null;
  upstreamProvider: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
  cachedTokens: number | null;
  costUsd: string | null;
};

export const NOTHING_USED: Used = {
  generationId: null,
  servedModel: null,
  upstreamProvider: null,
  inputTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  cachedTokens: null,
  costUsd: null,
};

type Json = Record<string, unknown>;
const MAX_NAME_CHARS = 200;
const XAI_TICK_EXPONENT = -10;

/** Takes over who answered, from a chunk or a whole answer. */
export function noteHead(used: Used, { id, model, provider }: Json): void {
  used.generationId ??= name(id);
  used.servedModel ??= name(model);
  used.upstreamProvider ??= name(provider);
}

/** Takes over tokens and cost. What OpenAI does not say of the money is reckoned from our dated list of prices. */
export function noteUsage(used: Used, usage: unknown, asked: { provider: Provider; model: string }): void {
  if (!isRecord(usage)) return;
  used.inputTokens = count(usage.prompt_tokens) ?? count(usage.input_tokens);
  used.outputTokens = count(usage.completion_tokens);
  used.reasoningTokens = count(record(usage.completion_tokens_details).reasoning_tokens);
  used.cachedTokens = count(record(usage.prompt_tokens_details).cached_tokens);
  used.costUsd = reportedCost(usage, asked.provider) ?? listedCost(used, asked);
}

function reportedCost(usage: Json, provider: Provider): string | null {
  if (provider === "openrouter") return typeof usage.cost === "number" ? toDecimal(usage.cost) : null;
  const ticks = provider === "xai" ? usage.cost_in_usd_ticks : undefined;
  if (typeof ticks !== "number" || !Number.isFinite(ticks) || ticks < 0) return null;
  return new Decimal(ticks).times(new Decimal(10).pow(XAI_TICK_EXPONENT)).toFixed();
}

function listedCost(used: Used, { provider, model }: { provider: Provider; model: string }): string | null {
  const { inputTokens: input, outputTokens: output, cachedTokens, servedModel } = used;
  if (provider === "openrouter" || input === null || output === null) return null;
  const tokens = { input, output, cacheRead: cachedTokens ?? 0, cacheWrite: 0 };
  return estimateCost(provider, servedModel ?? model, tokens) ?? estimateCost(provider, model, tokens);
}

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null;
const record = (value: unknown): Json => (isRecord(value) ? value : {});
const name = (value: unknown) => (typeof value === "string" ? value.slice(0, MAX_NAME_CHARS) : null);
const count = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null);
