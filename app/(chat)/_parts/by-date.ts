import type { ConversationSummary } from "@/lib/client/types";

export type DateGroup = { label: string; items: ConversationSummary[] };

const DAY_MS = 86_400_000;

/** Conversations, newest first, under the headings a person would use on that day. */
export function groupByDate(items: readonly ConversationSummary[], now = new Date()): DateGroup[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const labelOf = ({ updatedAt, pinned }: ConversationSummary) => {
    const time = new Date(updatedAt);
    if (pinned) return "Pinned";
    if (time.getTime() >= today) return "Today";
    if (time.getTime() >= today - DAY_MS) return "Yesterday";
    if (time.getTime() >= today - 7 * DAY_MS) return "Last 7 days";
    if (time.getTime() >= today - 30 * DAY_MS) return "Last 30 days";
    const sameYear = time.getFullYear() === now.getFullYear();
    return time.toLocaleDateString("en-GB", { month: "long", year: sameYear ? undefined : "numeric" });
  };
  const groups = new Map<string, ConversationSummary[]>();
  for (const item of items) groups.set(labelOf(item), [...(groups.get(labelOf(item)) ?? []), item]);
  const pinned = groups.get("Pinned");
  groups.delete("Pinned");
  const rest = [...groups].map(([label, items]) => ({ label, items }));
  return pinned ? [{ label: "Pinned", items: pinned }, ...rest] : rest;
}
