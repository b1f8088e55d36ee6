"use client";
import { Archive, ChevronLeft, PanelLeft, SquarePen } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { Button } from "@/app/_components/button";
import { Wordmark } from "@/app/_components/sign";
import { AccountMenu } from "./account-menu";
import { groupByDate } from "./by-date";
import { ConversationRow } from "./conversation-row";
import { useConversations } from "./conversations";
import { useNewChat } from "./new-chat";
import { onResultKey, SearchBox } from "./search-box";
import { SearchResults } from "./search-results";
import type { Person } from "./shell";

type Props = { person: Person; onCollapse?: () => void; onNavigate?: () => void };

export function Sidebar({ person, onCollapse, onNavigate }: Props) {
  const { startNew } = useNewChat();
  const [typed, setTyped] = useState("");
  const [inArchive, setInArchive] = useState(false);
  const goNew = () => {
    startNew();
    onNavigate?.();
  };
  return (
    <div data-sidebar className="flex h-full flex-col">
      <div className="flex h-13 shrink-0 items-center justify-between pr-2 pl-4">
        <Link href="/" onClick={goNew} className="flex rounded-sm">
          <Wordmark className="text-[15px]" />
        </Link>
        {onCollapse && (
          <Button look="quiet" size="icon" onClick={onCollapse} aria-label="Hide the sidebar" title="Hide the sidebar">
            <PanelLeft aria-hidden className="size-4.5" />
          </Button>
        )}
      </div>
      <div className="shrink-0 px-2 pb-2">
        <Link
          href="/"
          onClick={goNew}
          title="New chat (Ctrl Shift O)"
          className="flex h-9 items-center gap-2.5 rounded-sm px-2 font-medium text-sm transition-colors hover:bg-hover"
        >
          <SquarePen aria-hidden className="size-4 text-accent" />
          New chat
        </Link>
        <SearchBox typed={typed} onType={setTyped} />
      </div>
      <nav
        aria-label={inArchive ? "Archived conversations" : "Conversations"}
        onKeyDown={onResultKey}
        className="min-h-0 grow overflow-y-auto px-2 pb-4"
      >
        {typed.trim() !== "" ? (
          <SearchResults typed={typed} onNavigate={onNavigate} />
        ) : inArchive ? (
          <ArchivedList onBack={() => setInArchive(false)} onNavigate={onNavigate} />
        ) : (
          <List onNavigate={onNavigate} onArchive={() => setInArchive(true)} />
        )}
      </nav>
      <div className="shrink-0 border-t p-2">
        <AccountMenu person={person} />
      </div>
    </div>
  );
}

function List({ onNavigate, onArchive }: { onNavigate?: () => void; onArchive: () => void }) {
  const list = useConversations();
  return (
    <>
      {list.items?.length === 0 ? (
        <p className="px-2 py-3 text-faint text-sm">Conversations will be listed here, newest first.</p>
      ) : (
        <Entries {...list} onNavigate={onNavigate} />
      )}
      {list.items && (
        <button
          type="button"
          onClick={onArchive}
          className="mt-4 flex h-8 w-full items-center gap-2 rounded-sm px-2 text-faint text-sm transition-colors hover:bg-hover hover:text-text"
        >
          <Archive aria-hidden className="size-4" />
          Archived
        </button>
      )}
    </>
  );
}

function ArchivedList({ onBack, onNavigate }: { onBack: () => void; onNavigate?: () => void }) {
  const list = useConversations({ archived: true });
  return (
    <>
      <button
        type="button"
        // biome-ignore lint/a11y/noAutofocus: the button that led here is gone
        autoFocus
        onClick={onBack}
        className="mt-2 flex h-8 w-full items-center gap-1.5 rounded-sm px-1.5 text-muted text-sm transition-colors hover:bg-hover hover:text-text"
      >
        <ChevronLeft aria-hidden className="size-4" />
        All conversations
      </button>
      {list.items?.length === 0 ? (
        <p className="px-2 py-3 text-faint text-sm">
          Nothing is archived. What you archive leaves the list and stays in the search.
        </p>
      ) : (
        <Entries {...list} onNavigate={onNavigate} />
      )}
    </>
  );
}

type EntriesProps = ReturnType<typeof useConversations> & { onNavigate?: () => void };

function Entries({ items, error, hasMore, isLoadingMore, loadMore, retry, onNavigate }: EntriesProps) {
  const pathname = usePathname();
  if (!items) {
    if (!error) return <ListSkeleton />;
    return (
      <p className="px-2 py-3 text-muted text-sm">
        Your conversations could not be loaded. They are kept.{" "}
        <button type="button" className="link" onClick={retry}>
          Try again
        </button>
      </p>
    );
  }
  return (
    <>
      {groupByDate(items).map(({ label, items }) => (
        <section key={label} aria-label={label} className="pt-3">
          <h2 className="px-2 pb-1 font-medium text-faint text-xs">{label}</h2>
          <ul>
            {items.map((item) => (
              <ConversationRow
                key={item.id}
                entry={item}
                isOpen={pathname === `/c/${item.id}`}
                onNavigate={onNavigate}
              />
            ))}
          </ul>
        </section>
      ))}
      {hasMore && (
        <Button look="quiet" size="sm" className="mt-3 w-full" busy={isLoadingMore} onClick={loadMore}>
          Older conversations
        </Button>
      )}
    </>
  );
}

const widths = ["w-4/5", "w-3/5", "w-2/3", "w-1/2", "w-3/4"];

function ListSkeleton() {
  return (
    <div role="status" className="animate-pulse space-y-4 px-2 pt-4">
      <span className="sr-only">Loading conversations</span>
      {widths.map((width) => (
        <div key={width} aria-hidden className={`h-4 rounded-sm bg-hover ${width}`} />
      ))}
    </div>
  );
}
