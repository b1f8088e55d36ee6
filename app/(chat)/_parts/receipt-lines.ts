import { formatCost, formatCount, formatMs, shortModel } from "@/lib/client/format";
import type { Receipt } from "@/lib/client/types";
import { parseModelId } from "@/lib/providers/model-id";
import { PROVIDERS, providerNames } from "@/lib/providers/names";

/** The one quiet line under an answer: what served it, how much, how long, who paid. */
export function receiptLine(receipt: Receipt): string {
  const { inputTokens, outputTokens, totalMs } = receipt;
  const parts = [
    shortModel(receipt.servedModel ?? receipt.model),
    inputTokens !== null && outputTokens !== null
      ? `${formatCount(inputTokens)} → ${formatCount(outputTokens)} tokens`
      : null,
    receipt.costIsEstimate && receipt.costUsd !== null
      ? `about ${formatCost(receipt.costUsd)}`
      : formatCost(receipt.costUsd),
    totalMs !== null ? formatMs(totalMs) : null,
    receipt.keySource === "shared" ? "shared key" : keyName(receipt),
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

/** Every figure of a receipt with its name, exact. */
export function receiptDetails(receipt: Receipt): [name: string, value: string][] {
  const tokens = (count: number | null) => (count === null ? "not reported" : formatCount(count));
  const time = (ms: number | null) => (ms === null ? "not measured" : formatMs(ms));
  const rows: [string, string | null][] = [
    ["Model", receipt.servedModel ?? receipt.model],
    ["Asked for", receipt.servedModel && receipt.servedModel !== bare(receipt.model) ? bare(receipt.model) : null],
    ["Served by", receipt.upstreamProvider],
    ["Tokens in", tokens(receipt.inputTokens)],
    ["of them cached", receipt.cachedTokens ? formatCount(receipt.cachedTokens) : null],
    ["Tokens out", tokens(receipt.outputTokens)],
    ["of them reasoning", receipt.reasoningTokens ? formatCount(receipt.reasoningTokens) : null],
    ["Cost", costWords(receipt)],
    ["First word after", time(receipt.firstTokenMs)],
    ["Total time", time(receipt.totalMs)],
    ["Paid by", paidBy(receipt)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

export const receiptText = (receipt: Receipt): string =>
  receiptDetails(receipt)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

function costWords({ costUsd, costIsEstimate }: Receipt): string {
  if (costUsd === null) return "not reported by the provider";
  return costIsEstimate ? `about $${costUsd}, reckoned from the provider's list of prices` : `$${costUsd}`;
}

function paidBy(receipt: Receipt): string {
  if (receipt.keySource === "user")
    return [keyName(receipt, directName(receipt)), receipt.keyLabel].filter(Boolean).join(", ");
  if (receipt.keyFallback === "undecryptable") return "the shared key, because yours could not be read";
  if (receipt.keyFallback === "no_key") return "the shared key, because you have none connected";
  return "the shared key";
}

const keyName = ({ keyHint }: Receipt, provider = "") =>
  ["your", provider, "key", keyHint && `…${keyHint.replace(/^…/, "")}`].filter(Boolean).join(" ");

/** Of a provider other than OpenRouter, which goes without saying. */
const directName = ({ keyProvider }: Receipt) => {
  const provider = PROVIDERS.find((name) => name === keyProvider);
  return provider && provider !== "openrouter" ? providerNames[provider] : undefined;
};
const bare = (model: string) => parseModelId(model).model;
