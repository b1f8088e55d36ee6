"use client";
import { useEffect, useState } from "react";
import useSWRInfinite from "swr/infinite";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { FoundConversation, Page } from "@/lib/client/types";

type Found = Page<FoundConversation>;

const TYPING_MS = 150;
const MAX_CHARS = 500;

/** What the search box finds, once nobody has typed for a moment. What was found before stays until then. */
export function useSearch(typed: string) {
  const wanted = typed.trim() === "" ? "" : typed.trimStart().slice(0, MAX_CHARS);
  const [q, setQ] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setQ(wanted), TYPING_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const { data, error, size, setSize, isLoading, isValidating, mutate } = useSWRInfinite<Found>(
    (index: number, previous: Found | null) => {
      if (q === "" || (index > 0 && !previous?.nextCursor)) return null;
      return ["search", q, previous?.nextCursor ?? ""] as const;
    },
    ([, text, cursor]: readonly [string, string, string]) => api.conversations.search(text, { cursor }),
    { keepPreviousData: true, revalidateOnFocus: false, revalidateFirstPage: false },
  );
  const items = data?.flatMap((page) => page.items);
  return {
    // A conversation that is written about one thing for long may come on a later page again.
    items: items?.filter(({ id }, at) => items.findIndex((other) => other.id === id) === at),
    error: error ? asClientError(error) : undefined,
    isSearching: isLoading || q !== wanted,
    hasMore: Boolean(data?.at(-1)?.nextCursor),
    isLoadingMore: isValidating && size > (data?.length ?? 0),
    loadMore: () => void setSize(size + 1),
    retry: () => void mutate(),
  };
}
