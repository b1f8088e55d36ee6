"use client";
import Link from "next/link";
import { Button } from "@/app/_components/button";
import type { FoundConversation } from "@/lib/client/types";
import { titleOf } from "./conversations";
import { Highlighted } from "./highlighted";
import { useSearch } from "./use-search";

type Props = { typed: string; onNavigate?: () => void };

export function SearchResults({ typed, onNavigate }: Props) {
  const { items, error, isSearching, hasMore, isLoadingMore, loadMore, retry } = useSearch(typed);
  if (error && !isSearching) {
    return (
      <p role="alert" className="px-2 py-3 text-muted text-sm">
        The search did not work. {error.message}{" "}
        <button type="button" className="link" onClick={retry}>
          Try again
        </button>
      </p>
    );
  }
  return (
    <>
      <p role="status" className="px-2 pt-3 pb-1 font-medium text-faint text-xs">
        {!items || isSearching ? "Searching" : countSentence(items.length, hasMore)}
      </p>
      <ul>
        {items?.map((item) => (
          <Result key={item.id} item={item} onNavigate={onNavigate} />
        ))}
      </ul>
      {hasMore && !isSearching && (
        <Button look="quiet" size="sm" className="mt-3 w-full" busy={isLoadingMore} onClick={loadMore}>
          More results
        </Button>
      )}
    </>
  );
}

function countSentence(count: number, hasMore: boolean): string {
  if (count === 0) return "Nothing found. Every word must occur in a title or in one message.";
  return `${hasMore ? "The newest " : ""}${count} ${count === 1 ? "conversation" : "conversations"}`;
}

function Result({ item, onNavigate }: { item: FoundConversation; onNavigate?: () => void }) {
  const { title, message } = item.found;
  return (
    <li>
      <Link
        href={message ? `/c/${item.id}?m=${message.id}` : `/c/${item.id}`}
        prefetch={false}
        data-result
        onClick={onNavigate}
        className="block rounded-sm px-2 py-1.5 text-sm transition-colors hover:bg-hover focus-visible:bg-hover"
      >
        <span className="block truncate">
          <Highlighted text={titleOf(item)} ranges={item.title?.trim() ? title : []} />
          {item.archived && <span className="text-faint text-xs"> · archived</span>}
        </span>
        {message && (
          <span className="mt-0.5 line-clamp-2 text-faint text-xs [overflow-wrap:anywhere]">
            <span className="sr-only">{message.role === "user" ? "You: " : "Answer: "}</span>
            <Highlighted {...message} />
          </span>
        )}
      </Link>
    </li>
  );
}
