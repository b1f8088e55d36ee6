import Decimal from "decimal.js";
import type { Provider } from "@/lib/providers/provider";

/** When the prices below were last held against their sources. */
export const PRICES_AS_OF = "2026-11-20";

/** USD per million tokens, decimal. */
type Price = {
  input: string;
  output: string;
  /** Input read from the provider's cache; without it an answer that used the cache is not reckoned. */
  cacheRead?: string;
  cacheWrite?: string;
  /** Longer prompts cost more, by a rate that is not kept here. */
  maxInputTokens?: number;
};
type PricedProvider = "openai" | "anthropic" | "google";

const LONG_OPENAI = 272_000;
const LONG_GOOGLE = 200_000;
const price = (
  input: string,
  output: string,
  cacheRead?: string,
  more: Omit<Price, "input" | "output"> = {},
): Price => ({
  input,
  output,
  cacheRead,
  ...more,
});
const opus = price("5", "25", "0.5", { cacheWrite: "6.25" });
const sonnet4 = price("3", "15", "0.3", { cacheWrite: "3.75", maxInputTokens: 200_000 });

/**
 * List prices of models whose price was found the same in two places or on the provider's own page; others are left
 * out, for no price is better than a wrong one. OpenRouter and xAI report what they charge and need no row.
 * Sources: developers.openai.com/api/docs/pricing, platform.claude.com/docs/en/about-claude/pricing,
 * ai.google.dev/gemini-api/docs/pricing. Standard tier, text.
 */
const prices: Record<PricedProvider, Record<string, Price>> = {
  openai: {
    "gpt-6.1-sol": price("2", "10", "0.1", { cacheWrite: "2.5", maxInputTokens: LONG_OPENAI }),
    "gpt-5.5": price("5", "30", "0.5", { maxInputTokens: LONG_OPENAI }),
    "gpt-5.4": price("2.5", "15", "0.25", { maxInputTokens: LONG_OPENAI }),
    "gpt-5.4-mini": price("0.75", "4.5", "0.075"),
    "gpt-5.4-nano": price("0.2", "1.25", "0.02"),
    "gpt-5.2": price("1.75", "14", "0.175"),
    "gpt-5.1": price("1.25", "10", "0.125"),
    "gpt-5": price("1.25", "10", "0.125"),
    "gpt-5-mini": price("0.25", "2", "0.025"),
    "gpt-4.1": price("2", "8", "0.5"),
    "gpt-4o": price("2.5", "10", "1.25"),
    "gpt-4o-mini": price("0.15", "0.6", "0.075"),
  },
  anthropic: {
    "claude-fable-5-1": price("10", "50", "0.25", { cacheWrite: "12.5" }),
    "claude-fable-5": price("10", "50", "1", { cacheWrite: "12.5" }),
    "claude-opus-5-5": price("4", "20", "0.2", { cacheWrite: "5" }),
    "claude-opus-5": opus,
    "claude-opus-4-8": opus,
    "claude-opus-4-7": opus,
    "claude-opus-4-6": opus,
    "claude-opus-4-5": opus,
    "claude-sonnet-5-5": price("2", "10", undefined, { cacheWrite: "2.5" }), // its cache price changed in October
    "claude-sonnet-5": price("2", "10", "0.2", { cacheWrite: "2.5" }),
    "claude-sonnet-4-6": price("3", "15", "0.3", { cacheWrite: "3.75" }),
    "claude-sonnet-4-5": sonnet4,
    "claude-haiku-5-5": price("0.1", "0.5", "0.01", { cacheWrite: "0.125", maxInputTokens: 100_000 }),
    "claude-haiku-4-5": price("1", "5", "0.1", { cacheWrite: "1.25" }),
  },
  google: {
    "gemini-3.5-flash": price("1.5", "9", "0.15"),
    "gemini-3.5-flash-lite": price("0.3", "2.5"),
    "gemini-3.1-pro-preview": price("2", "12", "0.2", { maxInputTokens: LONG_GOOGLE }),
    "gemini-2.5-pro": price("1.25", "10", undefined, { maxInputTokens: LONG_GOOGLE }),
    "gemini-2.5-flash": price("0.3", "2.5"),
    "gemini-2.5-flash-lite": price("0.1", "0.4"),
  },
};

/** What may follow a model's name without making it another model: a date, a build number, `-latest`. */
const SAME_MODEL = /^(-latest|-\d{3}|-\d{8}|-\d{4}-\d{2}-\d{2})?$/;

/** The price of the model with the longest name that this one begins with; undefined when it is not known. */
export function priceOf(provider: Provider, model: string): Price | undefined {
  if (!isPriced(provider)) return undefined;
  const names = Object.keys(prices[provider]).filter((name) => model.startsWith(name));
  const [longest] = names.toSorted((a, b) => b.length - a.length);
  if (longest === undefined || !SAME_MODEL.test(model.slice(longest.length))) return undefined;
  return prices[provider][longest];
}

const isPriced = (provider: Provider): provider is PricedProvider => Object.hasOwn(prices, provider);

export type TokenCounts = { input: number; cacheRead: number; cacheWrite: number; output: number };

/**
 * What an answer cost by the list, in USD.
 *
 * @param tokens `input` counts all of it, with what was read from and written to the cache.
 * @returns null when model or rate is not known: never a guess, never 0.
 */
export function estimateCost(provider: Provider, model: string, tokens: TokenCounts): string | null {
  const known = priceOf(provider, model);
  if (known === undefined || tokens.input > (known.maxInputTokens ?? Number.POSITIVE_INFINITY)) return null;
  const rows: [number, string | undefined][] = [
    [tokens.input - tokens.cacheRead - tokens.cacheWrite, known.input],
    [tokens.cacheRead, known.cacheRead],
    [tokens.cacheWrite, known.cacheWrite],
    [tokens.output, known.output],
  ];
  let sum = new Decimal(0);
  for (const [count, rate] of rows) {
    if (count === 0) continue;
    if (count < 0 || rate === undefined) return null;
    sum = sum.plus(new Decimal(rate).times(count));
  }
  return sum.dividedBy(1_000_000).toFixed();
}
