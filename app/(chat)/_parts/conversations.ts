"use client";
import { useSyncExternalStore } from "react";
import { mutate } from "swr";
import useSWRInfinite, { unstable_serialize } from "swr/infinite";
import { toast } from "@/app/_components/toast";
import { api, paths } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { ConversationSummary, Page } from "@/lib/client/types";

type List = Page<ConversationSummary>;

const UNDO_MS = 6000;
const LIST = "conversations";

const keyOf = (index: number, previous: List | null) => {
  if (index === 0) return [LIST, ""] as const;
  return previous?.nextCursor ? ([LIST, previous.nextCursor] as const) : null;
};
const listKey = unstable_serialize(keyOf);

/** Everything shown as deleted, whose deletion waits for the time in which it can be undone. */
let waiting: ReadonlyMap<string, ReturnType<typeof setTimeout>> = new Map();
const listeners = new Set<() => void>();

function setWaiting(change: (next: Map<string, ReturnType<typeof setTimeout>>) => void): void {
  const next = new Map(waiting);
  change(next);
  waiting = next;
  for (const listener of listeners) listener();
}
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const currentWaiting = () => waiting;

export function useConversations() {
  const { data, error, size, setSize, isLoading, isValidating, mutate } = useSWRInfinite<List>(
    keyOf,
    ([, cursor]: readonly [string, string]) => api.conversations.list({ cursor }),
    { revalidateFirstPage: true, revalidateOnFocus: true },
  );
  const hidden = useSyncExternalStore(subscribe, currentWaiting, currentWaiting);
  const seen = new Set<string>();
  const items = (data ?? []).flatMap((page) =>
    page.items.filter(({ id }) => !hidden.has(id) && !seen.has(id) && seen.add(id)),
  );
  return {
    items: data ? items : undefined,
    error: error ? asClientError(error) : undefined,
    isLoading,
    isLoadingMore: isValidating && size > (data?.length ?? 0),
    hasMore: Boolean(data?.at(-1)?.nextCursor),
    loadMore: () => void setSize(size + 1),
    retry: () => void mutate(),
  };
}

export const refreshConversations = () => mutate(listKey);

export async function rename(entry: ConversationSummary, title: string): Promise<void> {
  const withTitle = (pages: List[] | undefined) =>
    pages?.map((page) => ({
      ...page,
      items: page.items.map((item) => (item.id === entry.id ? { ...item, title } : item)),
    }));
  await mutate(listKey, withTitle, { revalidate: false });
  try {
    await api.conversations.change(entry.id, { title });
  } catch (error) {
    toast(`The name was not changed. ${asClientError(error).message}`, { tone: "bad" });
    await refreshConversations();
  }
}

/** Takes the conversation off the list at once and deletes it when nobody has undone that for a few seconds. */
export function remove(entry: ConversationSummary): void {
  const timer = setTimeout(() => void finishRemoval(entry.id), UNDO_MS);
  setWaiting((next) => next.set(entry.id, timer));
  const undo = () => {
    clearTimeout(timer);
    setWaiting((next) => next.delete(entry.id));
  };
  toast(`Deleted “${titleOf(entry)}”`, { durationMs: UNDO_MS - 200, action: { label: "Undo", run: undo } });
}

async function finishRemoval(id: string): Promise<void> {
  try {
    await api.conversations.remove(id);
    await refreshConversations();
  } catch (error) {
    if (asClientError(error).code !== "not_found") {
      toast(`The conversation was not deleted. ${asClientError(error).message}`, { tone: "bad" });
    }
  }
  setWaiting((next) => next.delete(id));
}

/** Leaving the page ends the time for undoing. */
export function deleteWaitingNow(): void {
  for (const [id, timer] of waiting) {
    clearTimeout(timer);
    void fetch(paths.conversation(id), { method: "DELETE", keepalive: true });
  }
  waiting = new Map();
}

export const titleOf = ({ title }: Pick<ConversationSummary, "title">): string => title?.trim() || "New conversation";
