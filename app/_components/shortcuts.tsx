"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useState } from "react";

const Palette = dynamic(() => import("./palette").then((module) => module.Palette));
const ShortcutList = dynamic(() => import("./shortcut-list").then((module) => module.ShortcutList));

/** What other parts of a page listen to, so that a command can be given from anywhere. */
export const commands = {
  newChat: "chatelaine:new-chat",
  temporaryChat: "chatelaine:temporary-chat",
  chooseModel: "chatelaine:choose-model",
  listShortcuts: "chatelaine:list-shortcuts",
} as const;
export const command = (name: keyof typeof commands): boolean => window.dispatchEvent(new Event(commands[name]));

const isTyping = ({ target }: KeyboardEvent) =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;

/** The shortcuts that every page has; their windows are loaded when they are first asked for. */
export function Shortcuts({ inChat = false }: { inChat?: boolean }) {
  const router = useRouter();
  const [open, setOpen] = useState<"palette" | "list" | null>(null);
  const close = useCallback(() => setOpen(null), []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const withCommand = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      const somethingElse = open === null && document.querySelector("dialog:modal") !== null;
      if (event.defaultPrevented || somethingElse) return;
      if (withCommand && !event.shiftKey && !event.altKey && key === "k") {
        event.preventDefault();
        setOpen((shown) => (shown === "palette" ? null : "palette"));
      } else if (withCommand && event.shiftKey && key === "o") {
        event.preventDefault();
        setOpen(null);
        command("newChat");
        router.push("/");
      } else if (event.key === "?" && !withCommand && !isTyping(event)) {
        event.preventDefault();
        setOpen("list");
      }
    };
    const onList = () => setOpen("list");
    window.addEventListener("keydown", onKey);
    window.addEventListener(commands.listShortcuts, onList);
    return () => {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener(commands.listShortcuts, onList);
    };
  }, [open, router]);

  if (open === "palette") return <Palette inChat={inChat} onClose={close} />;
  return open === "list" ? <ShortcutList onClose={close} /> : null;
}
