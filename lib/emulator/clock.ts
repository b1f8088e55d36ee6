/** Wall time that a test may push forward, so that codes and keys expire without waiting. Streams keep real time. */
export interface Clock {
  now(): number;
  advance(seconds: number): void;
}

export function movableClock(source: () => number = Date.now): Clock {
  let offsetMs = 0;
  return {
    now: () => source() + offsetMs,
    advance: (seconds) => {
      offsetMs += seconds * 1000;
    },
  };
}

const DAY_MS = 86_400_000;

export const dayOf = (ms: number) => Math.floor(ms / DAY_MS);
export const startOfDay = (day: number) => day * DAY_MS;

/** First UTC day of the running day, week (Monday) or month: the periods of OpenRouter's usage fields and limit resets. */
export function periodStart(period: "daily" | "weekly" | "monthly", ms: number): number {
  const day = dayOf(ms);
  if (period === "daily") return day;
  if (period === "weekly") return day - ((day + 3) % 7); // day 0, 1 January 1970, was a Thursday
  const date = new Date(ms);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}

/** First UTC day after the running period. */
export function periodEnd(period: "daily" | "weekly" | "monthly", ms: number): number {
  if (period === "daily") return dayOf(ms) + 1;
  if (period === "weekly") return periodStart("weekly", ms) + 7;
  const date = new Date(ms);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}
