"use client";
import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef, useState } from "react";
import useSWR from "swr";
import { api } from "@/lib/client/api";
import type { FoundConversation, Page } from "@/lib/client/types";
import { command } from "./shortcuts";
import { applyTheme, type Theme } from "./theme";

const TYPING_MS = 150;
const settings = [
  ["Keys", "/settings/keys"],
  ["Tokens", "/settings/tokens"],
  ["Security", "/settings/security"],
  ["Account", "/settings/account"],
  ["Appearance", "/settings/appearance"],
] as const;
const themes: [Theme, string][] = [
  ["light", "Light"],
  ["dark", "Dark"],
  ["system", "As the system"],
];
const groupLook =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs";

/** Everything by name: type a command or words of a conversation. */
export function Palette({ inChat, onClose }: { inChat: boolean; onClose: () => void }) {
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const { found, isSearching, failure } = useFound(typed);
  const [selected, setSelected] = useState("");
  const firstFound = found[0] && foundValue(found[0]);
  useEffect(() => {
    // What is found comes after the list has looked for something to select.
    if (firstFound) setSelected((now) => now || firstFound);
  }, [firstFound]);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    input.current?.focus(); // a dialog would take the list itself, which can have the focus too
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);

  /** After the window is gone, so that what runs may move the focus. */
  const run = (act: () => void) => {
    dialog.current?.close();
    onClose();
    requestAnimationFrame(act);
  };
  const goTo = (path: string) => run(() => router.push(path));
  const startNew = () => {
    command("newChat");
    router.push("/");
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it; the click is on the page behind
    <dialog
      ref={dialog}
      aria-label="Commands"
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
      className="mx-auto mt-[max(3rem,12vh)] w-[min(36rem,calc(100vw-24px))] max-w-none animate-appear overflow-hidden rounded-lg border bg-surface p-0 text-text shadow-[0_12px_32px_rgb(0_0_0/0.12)]"
    >
      <Command
        label="Commands"
        value={selected}
        onValueChange={setSelected}
        loop
        className="flex max-h-[min(28rem,70dvh)] flex-col"
      >
        <Command.Input
          ref={input}
          value={typed}
          onValueChange={setTyped}
          placeholder="Type a command, or words of a conversation"
          className="h-12 w-full shrink-0 border-b bg-transparent px-4 text-[16px] outline-none sm:text-sm"
        />
        <Command.List className="overflow-y-auto overscroll-contain p-1">
          {found.length === 0 && (
            <Command.Empty className="p-3 text-muted text-sm">
              {isSearching ? "Searching" : (failure ?? "No command and no conversation has that.")}
            </Command.Empty>
          )}
          <Command.Group heading="Chat" className={groupLook}>
            <Item onSelect={() => run(startNew)} keys="Ctrl Shift O">
              New chat
            </Item>
            {inChat && <Item onSelect={() => run(() => command("chooseModel"))}>Switch the model</Item>}
            <Item
              onSelect={() =>
                run(() => {
                  startNew();
                  // The page of the new chat listens once it is there.
                  setTimeout(() => command("temporaryChat"), 150);
                })
              }
            >
              Temporary chat
            </Item>
          </Command.Group>
          {found.length > 0 && (
            <Command.Group heading="Conversations" forceMount className={groupLook}>
              {found.map(({ id, title, found: { message } }) => (
                <Item
                  key={id}
                  value={foundValue({ id })}
                  forceMount
                  onSelect={() => goTo(`/c/${id}${message ? `?m=${message.id}` : ""}`)}
                >
                  <span className="block truncate">{title ?? "Untitled"}</span>
                  {message && <span className="block truncate text-muted text-xs">{message.text}</span>}
                </Item>
              ))}
            </Command.Group>
          )}
          <Command.Group heading="Settings" className={groupLook}>
            {settings.map(([name, path]) => (
              <Item key={path} value={`${name} settings`} onSelect={() => goTo(path)}>
                {name}
              </Item>
            ))}
          </Command.Group>
          <Command.Group heading="Theme" className={groupLook}>
            {themes.map(([theme, name]) => (
              <Item key={theme} value={`${name} theme`} onSelect={() => run(() => applyTheme(theme))}>
                {name}
              </Item>
            ))}
          </Command.Group>
          <Command.Group heading="Help" className={groupLook}>
            <Item onSelect={() => run(() => command("listShortcuts"))} keys="?">
              Keyboard shortcuts
            </Item>
          </Command.Group>
        </Command.List>
      </Command>
    </dialog>
  );
}

const foundValue = ({ id }: { id: string }) => `conversation ${id}`;

type ItemProps = { children: ReactNode; onSelect: () => void; value?: string; keys?: string; forceMount?: boolean };

function Item({ children, keys, ...props }: ItemProps) {
  return (
    <Command.Item
      {...props}
      className="flex min-h-10 cursor-pointer select-none items-center gap-3 rounded-sm px-3 py-1.5 text-sm data-[selected=true]:bg-hover"
    >
      <span className="min-w-0 grow">{children}</span>
      {keys && <kbd className="shrink-0 font-sans text-muted text-xs">{keys}</kbd>}
    </Command.Item>
  );
}

/** Conversations with these words, once nobody has typed for a moment. */
function useFound(typed: string) {
  const wanted = typed.trim().slice(0, 200);
  const [q, setQ] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(wanted), TYPING_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const { data, error, isLoading } = useSWR<Page<FoundConversation>>(
    q === "" ? null : ["palette", q],
    () => api.conversations.search(q, { limit: 8 }),
    { keepPreviousData: true, revalidateOnFocus: false },
  );
  return {
    found: wanted === "" ? [] : (data?.items ?? []),
    isSearching: isLoading || q !== wanted,
    failure: error ? "The conversations could not be searched. Try again in a moment." : undefined,
  };
}
