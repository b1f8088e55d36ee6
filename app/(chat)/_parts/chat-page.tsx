"use client";
import { EyeOff, Menu as MenuIcon, PanelLeft, SquarePen } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import useSWR from "swr";
import { Button, buttonStyle } from "@/app/_components/button";
import { commands } from "@/app/_components/shortcuts";
import { api, paths } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import { readDraft } from "@/lib/client/draft";
import type { Conversation } from "@/lib/client/types";
import { ChatView } from "./chat-view";
import { titleOf, useConversations } from "./conversations";
import { useNewChat } from "./new-chat";
import { useShell } from "./shell";
import { beginTemporary, endTemporary, useTemporary } from "./temporary";
import { hasSession } from "./use-sessions";

const TemporaryChat = dynamic(() => import("./temporary-chat").then((module) => module.TemporaryChat));

/**
 * The page of `/` and of `/c/[id]`. Which conversation it shows follows the address: a new one gets its address with the
 * first message, without a navigation, and keeps its state.
 */
export function ChatPage({ loaded }: { loaded?: Conversation }) {
  const { newId } = useNewChat();
  const id = usePathname().match(/^\/c\/([0-9a-f-]{36})$/i)?.[1] ?? newId;
  const known = loaded?.id === id ? loaded : undefined;
  const startedHere = id === newId || hasSession(id);
  const { data, error, mutate } = useSWR<Conversation>(
    startedHere || known ? null : paths.conversation(id),
    () => api.conversations.get(id),
    { revalidateOnFocus: false },
  );
  const conversation = known ?? data;
  const temporary = useTemporary(id);
  const failure = error ? asClientError(error) : undefined;

  return (
    <>
      <ChatHeader id={id} title={temporary ? "Temporary chat" : (conversation?.title ?? null)} />
      {temporary ? (
        <TemporaryChat key={id} session={temporary} />
      ) : conversation || startedHere ? (
        <ChatView key={id} id={id} conversation={conversation} />
      ) : failure?.code === "not_found" ? (
        <MissingConversation />
      ) : failure ? (
        <LoadFailure detail={failure.message} retry={() => void mutate()} />
      ) : (
        <ThreadSkeleton />
      )}
    </>
  );
}

const noChanges = () => () => undefined;

function ChatHeader({ id, title }: { id: string; title: string | null }) {
  const { isOpen, toggle, openDrawer } = useShell();
  const { startNew } = useNewChat();
  const isUnsent = usePathname() === "/";
  const { items } = useConversations();
  const entry = items?.find((item) => item.id === id);
  const shown = entry || title ? titleOf({ title: entry?.title ?? title }) : isUnsent ? "" : "New conversation";
  const temporary = useTemporary(id);
  const isTemporary = temporary !== null;
  const hasBegun = useSyncExternalStore(
    temporary?.subscribe ?? noChanges,
    () => (temporary?.getState().messages.length ?? 0) > 0,
    () => false,
  );
  // Once something was said there, only leaving ends it.
  const canBeTemporary = isUnsent && !entry && !hasBegun && !hasSession(id);
  useEffect(() => {
    if (!canBeTemporary) return;
    const begin = () => beginTemporary(id);
    window.addEventListener(commands.temporaryChat, begin);
    return () => window.removeEventListener(commands.temporaryChat, begin);
  }, [canBeTemporary, id]);
  useEffect(() => {
    document.title = shown ? `${shown} · Chatelaine` : "Chatelaine";
  }, [shown]);
  return (
    <header className="flex h-13 shrink-0 items-center gap-1 px-2">
      <Button look="quiet" size="icon" className="md:hidden" onClick={openDrawer} aria-label="Open the sidebar">
        <MenuIcon aria-hidden className="size-4.5" />
      </Button>
      {!isOpen && (
        <Button
          look="quiet"
          size="icon"
          className="hidden md:inline-flex"
          onClick={toggle}
          aria-label="Show the sidebar"
        >
          <PanelLeft aria-hidden className="size-4.5" />
        </Button>
      )}
      {shown ? (
        <h1 className="min-w-0 grow truncate px-2 text-muted text-sm">{shown}</h1>
      ) : (
        <span className="grow" /> // an empty chat has its heading in the middle of the page
      )}
      {canBeTemporary && (
        <Button
          look="quiet"
          size="sm"
          aria-pressed={isTemporary}
          onClick={() => (isTemporary ? endTemporary() : beginTemporary(id))}
          className="gap-1.5 px-2.5 font-normal aria-pressed:bg-hover aria-pressed:text-text"
        >
          <EyeOff aria-hidden className="size-4" />
          Temporary
        </Button>
      )}
      <Link
        href="/"
        onClick={startNew}
        aria-label="New chat"
        title="New chat"
        className={buttonStyle({ look: "quiet", size: "icon", className: isOpen ? "md:hidden" : undefined })}
      >
        <SquarePen aria-hidden className="size-4.5" />
      </Link>
    </header>
  );
}

function LoadFailure({ detail, retry }: { detail: string; retry: () => void }) {
  return (
    <Middle title="This conversation could not be loaded" text={`${detail} It is kept as it was.`}>
      <Button look="primary" onClick={retry}>
        Try again
      </Button>
    </Middle>
  );
}

export function MissingConversation() {
  const { startNew } = useNewChat();
  const [hasDraft, setHasDraft] = useState(false);
  useEffect(() => setHasDraft(readDraft("new") !== ""), []);
  const text = hasDraft
    ? "It was never stored, or it was deleted. What you typed last is kept for a new chat."
    : "It was deleted, or it belongs to another account.";
  return (
    <Middle title="There is no such conversation" text={text}>
      <Link href="/" onClick={startNew} className={buttonStyle({ look: "primary" })}>
        New chat
      </Link>
    </Middle>
  );
}

function Middle({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-[46rem] grow flex-col items-start justify-center px-6 pb-[15vh]">
      <h1 className="font-semibold text-lg">{title}</h1>
      <p className="mt-1.5 mb-6 text-muted">{text}</p>
      {children}
    </div>
  );
}

export function ThreadSkeleton() {
  return (
    <div role="status" className="mx-auto w-full max-w-[46rem] grow animate-pulse space-y-8 px-4 pt-6 sm:px-6">
      <span className="sr-only">Loading the conversation</span>
      {[0, 1].map((turn) => (
        <div key={turn} aria-hidden className="space-y-8">
          <div className="ml-auto h-11 w-3/5 rounded-lg bg-hover" />
          <div className="space-y-3">
            <div className="h-4 w-full rounded-sm bg-hover" />
            <div className="h-4 w-11/12 rounded-sm bg-hover" />
            <div className="h-4 w-2/3 rounded-sm bg-hover" />
          </div>
        </div>
      ))}
    </div>
  );
}
