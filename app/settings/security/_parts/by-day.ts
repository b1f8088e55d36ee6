import type { AuditEvent } from "@/lib/client/types";

export type Day = { label: string; items: AuditEvent[] };

/** Events, newest first, under their days. Gathered ones are written late, so that their order is that of their times. */
export function byDay(events: readonly AuditEvent[], now = new Date()): Day[] {
  const sorted = events.toSorted((a, b) => b.at.localeCompare(a.at) || b.seq - a.seq);
  const days = new Map<string, AuditEvent[]>();
  for (const event of sorted) {
    const label = dayOf(new Date(event.at), now);
    days.set(label, [...(days.get(label) ?? []), event]);
  }
  return [...days].map(([label, items]) => ({ label, items }));
}

function dayOf(time: Date, now: Date): string {
  const midnight = (daysBack: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysBack);
  if (time >= midnight(0)) return "Today";
  if (time >= midnight(1)) return "Yesterday";
  return time.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

export const timeOfDay = (iso: string): string =>
  new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
