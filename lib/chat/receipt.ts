import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { Receipt } from "@/lib/conversations/receipt";
import type { Payer } from "@/lib/keys/with-key";

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
    firstTokenMs: null,
    totalMs: null,
  };
}

type FinishPart = Extract<LanguageModelV4StreamPart, { type: "finish" }>;

/** Takes over what the provider reported at the end: tokens, cost, and who served the model. */
export function completeReceipt(receipt: Receipt, { usage, providerMetadata }: FinishPart): void {
  const reported = providerMetadata?.openrouter as { provider?: unknown; usage?: { cost?: unknown } } | undefined;
  receipt.inputTokens = usage.inputTokens.total ?? null;
  receipt.outputTokens = usage.outputTokens.total ?? null;
  receipt.reasoningTokens = usage.outputTokens.reasoning ?? null;
  receipt.cachedTokens = usage.inputTokens.cacheRead ?? null;
  receipt.costUsd = typeof reported?.usage?.cost === "number" ? toDecimal(reported.usage.cost) : null;
  receipt.upstreamProvider = typeof reported?.provider === "string" ? reported.provider : null;
}

/** A JSON number as a plain decimal: `1.4e-7` becomes `0.00000014`, with nothing rounded away. */
export function toDecimal(value: number): string | null {
  if (!Number.isFinite(value) || value < 0) return null;
  const [digits = "0", exponent] = String(value).split("e");
  if (exponent === undefined) return digits;
  if (!exponent.startsWith("-")) return BigInt(value).toString();
  return `0.${"0".repeat(Number(exponent.slice(1)) - 1)}${digits.replace(".", "")}`;
}
