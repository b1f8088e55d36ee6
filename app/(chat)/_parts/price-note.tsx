import { formatCost, formatPrice } from "@/lib/client/format";
import type { Model } from "@/lib/client/types";

/** Before sending: the price, and what reading this conversation will cost. */
export function PriceNote({
  model,
  usd,
  isMore,
}: {
  model: Model | undefined;
  usd: number | undefined;
  /** A file whose size in tokens is not known comes on top. */
  isMore: boolean;
}) {
  if (!model) return null;
  if (model.isFree) return "This model is free";
  const { prompt, completion } = model.pricing ?? {};
  if (!prompt || !completion) return "The model it picks sets the price; the receipt tells";
  const price = `${formatPrice(prompt)} in, ${formatPrice(completion)} out per million tokens`;
  const more = isMore ? ", without the PDF" : "";
  return usd ? `${price} · ${usd < 0.0001 ? "< $0.0001" : `≈ ${formatCost(String(usd))}`} to read${more}` : price;
}
