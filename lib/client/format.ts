/** Money, tokens and times as people read them. All are short; detail lines use the exact value. */

/** `$0.0123`: four digits after the point, as a receipt needs; a cost too small for that is named so. */
export function formatCost(usd: string | null): string {
  if (usd === null) return "cost not reported";
  const value = Number(usd);
  if (!Number.isFinite(value)) return "cost not reported";
  if (value === 0) return "$0";
  if (value < 0.00005) return "< $0.0001";
  return `$${value.toFixed(4)}`;
}

/** `$12.40`: an amount a person owns or may spend. */
export const formatUsd = (usd: string | number): string =>
  `$${Number(usd).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** `950 ms`, `4.2 s`, `1 min 05 s` */
export function formatMs(ms: number): string {
  if (ms < 995) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

export const formatCount = (count: number): string => count.toLocaleString("en-US");

/** `1M`, `128k`: a context length. */
export function formatLength(tokens: number): string {
  if (tokens >= 1_000_000) return `${Math.round(tokens / 100_000) / 10}M`;
  return tokens >= 1000 ? `${Math.round(tokens / 1000)}k` : String(tokens);
}

/** `$3` or `$0.15`: a price per million tokens, without zeros that say nothing. */
export function formatPrice(perMillion: string): string {
  const value = Number(perMillion);
  if (value === 0) return "free";
  if (Number.isInteger(value)) return `$${value}`;
  return value >= 0.1 ? `$${value.toFixed(2)}` : `$${Number(value.toPrecision(2))}`;
}

/** `just now`, `5 minutes ago`, `3 days ago`, then a date. */
export function formatAgo(iso: string, now = new Date()): string {
  const seconds = Math.max(0, (now.getTime() - new Date(iso).getTime()) / 1000);
  if (seconds < 45) return "just now";
  const steps: [number, string][] = [
    [60, "minute"],
    [3600, "hour"],
    [86_400, "day"],
  ];
  const [size, unit] = steps.findLast(([size]) => seconds >= size * 0.95) ?? [60, "minute"];
  const count = Math.max(1, Math.round(seconds / size));
  if (unit === "day" && count > 14) return formatDate(iso);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

export const formatDate = (iso: string): string =>
  new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** `anthropic/claude-sonnet-4.5` → `claude-sonnet-4.5`; the prefix of our own ids goes too. */
export const shortModel = (id: string): string => id.replace(/^[a-z]+:/, "").replace(/^[^/]*\//, "");

/** `640 bytes`, `12 kB`, `3.4 MB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
