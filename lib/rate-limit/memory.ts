import type { Counted } from "./database";

const windows = new Map<string, { count: number; resetsAt: number }>();
const MAX_WINDOWS = 10_000;

/** Counts in this process alone: where there is only one, or while the database does not answer. */
export function countInMemory(key: string, windowSeconds: number, now: number = Date.now()): Counted {
  const open = windows.get(key);
  const window = open && open.resetsAt > now ? open : { count: 0, resetsAt: now + windowSeconds * 1000 };
  window.count += 1;
  if (windows.size >= MAX_WINDOWS && !windows.has(key)) windows.clear(); // bounded; worst case everybody starts anew
  windows.set(key, window);
  return { count: window.count, resetSeconds: Math.ceil((window.resetsAt - now) / 1000) };
}
