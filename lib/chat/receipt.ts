import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import Decimal from "decimal.js";
import type { Receipt } from "@/lib/conversations/receipt";
import type { Payer } from "@/lib/keys/with-key";
import { estimateCost } from "@/lib/models/prices";
import { parseModelId } from "@/lib/providers/model-id";
import type { Provider } from "@/lib/providers/provider";

export function startReceipt(model: string, payer: Payer): Receipt {
  return {
    model,
    servedModel: null,
    upstreamProvider: null,
    keySource: payer.source,
    keyProvider: payer.provider,
    keyHint: payer.hint,
    keyLabel: payer.label,
    keyFallback: payer.fallback ?? null,
    generationId: null,
    inputTokens: null,
    outputTokens: null,
    reasoningTokens: null,
    cachedTokens: null,
    costUsd: null,
    costIsEstimate: false,
    firstTokenMs: null,
    totalMs: null,
  };
}

type FinishPart = Extract<LanguageModelV4StreamPart, { type: "finish" }>;

/** Takes over what the provider reported at the end: tokens, cost, and who served the model. */
export function completeReceipt(receipt: Receipt, provider: Provider, finish: FinishPart): void {
  const { usage, providerMetadata } = finish;
  receipt.upstreamProvider = textOrNull(providerMetadata?.openrouter?.provider);
  receipt.costUsd = reportedCost(provider, providerMetadata);
  // No question has 0 tokens: then none were reported, and a package has put 0 in their place.
  if (!usage.inputTokens.total) return;
  receipt.inputTokens = usage.inputTokens.total;
  receipt.outputTokens = usage.outputTokens.total ?? null;
  receipt.reasoningTokens = usage.outputTokens.reasoning ?? null;
  receipt.cachedTokens = usage.inputTokens.cacheRead ?? null;
  if (receipt.costUsd !== null || provider === "openrouter") return;
  receipt.costUsd = listedCost(receipt, provider, usage);
  receipt.costIsEstimate = receipt.costUsd !== null;
}

/** 1 USD is 10^10 of the ticks in which xAI says what it charged (docs.x.ai, cost tracking). */
const XAI_TICK_EXPONENT = -10;

function reportedCost(provider: Provider, metadata: FinishPart["providerMetadata"]): string | null {
  if (provider === "xai") {
    const ticks = metadata?.xai?.costInUsdTicks;
    if (typeof ticks !== "number" || !Number.isFinite(ticks) || ticks < 0) return null;
    return new Decimal(ticks).times(new Decimal(10).pow(XAI_TICK_EXPONENT)).toFixed();
  }
  const cost = (metadata?.openrouter?.usage as { cost?: unknown } | undefined)?.cost;
  return typeof cost === "number" ? toDecimal(cost) : null;
}

/** By the name of what served it, where that is told: an alias may stand for a model of another price. */
function listedCost({ model, servedModel }: Receipt, provider: Provider, usage: FinishPart["usage"]): string | null {
  const { inputTokens: input, outputTokens: output } = usage;
  if (input.total === undefined || output.total === undefined) return null;
  const tokens = {
    input: input.total,
    cacheRead: input.cacheRead ?? 0,
    cacheWrite: input.cacheWrite ?? 0,
    output: output.total,
  };
  return estimateCost(provider, servedModel ?? parseModelId(model).model, tokens);
}

const textOrNull = (value: unknown) => (typeof value === "string" ? value : null);

/** A JSON number as a plain decimal: `1.4e-7` becomes `0.00000014`, with nothing rounded away. */
export function toDecimal(value: number): string | null {
  if (!Number.isFinite(value) || value < 0) return null;
  const [digits = "0", exponent] = String(value).split("e");
  if (exponent === undefined) return digits;
  if (!exponent.startsWith("-")) return BigInt(value).toString();
  return `0.${"0".repeat(Number(exponent.slice(1)) - 1)}${digits.replace(".", "")}`;
}
