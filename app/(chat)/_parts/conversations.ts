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

/** The archived are a list of their own. */
const keysOf = (name: string) => (index: number, previous: List | null) => {
  if (index === 0) return [name, ""] as const;
  return previous?.nextCursor ? ([name, previous.nextCursor] as const) : null;
};
const lists = { kept: keysOf("conversations"), archived: keysOf("archived conversations") };
const listKey = unstable_serialize(lists.kept);
const archivedKey = unstable_serialize(lists.archived);

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

export function useConversations({ archived = false } = {}) {
  const { data, error, size, setSize, isLoading, isValidating, mutate } = useSWRInfinite<List>(
    archived ? lists.archived : lists.kept,
    ([, cursor]: readonly [string, string]) => api.conversations.list({ cursor, archived }),
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

export const refreshConversations = () => Promise.all([mutate(listKey), mutate(archivedKey)]);

const NAMED_WITHIN_MS = [3000, 8000];
const NEW_MS = 120_000;
let lookingForName: ReturnType<typeof setTimeout>[] = [];

/** A model may name a new conversation in the seconds after its first answer. */
export async function lookForName(): Promise<void> {
  const pages = await mutate<List[]>(listKey, (known) => known, { revalidate: false });
  const made = pages?.[0]?.items.map(({ createdAt }) => Date.parse(createdAt)) ?? [];
  if (Math.max(0, ...made) < Date.now() - NEW_MS) return;
  for (const timer of lookingForName) clearTimeout(timer);
  lookingForName = NAMED_WITHIN_MS.map((ms) => setTimeout(() => void mutate(listKey), ms));
}

type Change = Pick<Partial<ConversationSummary>, "pinned" | "archived"> & { title?: string };

/** Shown at once; taken back when the server refuses it. */
async function change(entry: ConversationSummary, patch: Change, refusal: string): Promise<boolean> {
  const isOf = patch.archived === undefined ? undefined : !patch.archived;
  const withPatch = (pages: List[] | undefined) =>
    pages?.map((page) => ({
      ...page,
      items: page.items.flatMap((item) => {
        if (item.id !== entry.id) return [item];
        return isOf === undefined ? [{ ...item, ...patch }] : []; // moved to the other list
      }),
    }));
  await Promise.all([listKey, archivedKey].map((key) => mutate(key, withPatch, { revalidate: false })));
  try {
    await api.conversations.change(entry.id, patch);
    if (patch.title === undefined) await refreshConversations();
    return true;
  } catch (error) {
    toast(`${refusal} ${asClientError(error).message}`, { tone: "bad" });
    await refreshConversations();
    return false;
  }
}

export const rename = (entry: ConversationSummary, title: string) =>
  change(entry, { title }, "The name was not changed.");

export const pin = (entry: ConversationSummary, pinned: boolean) =>
  change(entry, { pinned }, pinned ? "The conversation was not pinned." : "The conversation is still pinned.");

export async function archive(entry: ConversationSummary): Promise<void> {
  if (!(await change(entry, { archived: true }, "The conversation was not archived."))) return;
  const undo = () => void unarchive(entry);
  toast(`Archived “${titleOf(entry)}”`, { action: { label: "Undo", run: undo } });
}

export const unarchive = (entry: ConversationSummary) =>
  change(entry, { archived: false }, "The conversation is still archived.");

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
