"use client";
import { useEffect } from "react";
import { commands } from "@/app/_components/shortcuts";

type Chat = {
  field: { current: HTMLTextAreaElement | null };
  busy: boolean;
  stop: () => void;
  chooseModel: () => void;
};

/** The shortcuts of a chat: Esc stops, / writes; and the palette's way to its list of models. */
export function useChatKeys({ field, busy, stop, chooseModel }: Chat): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog:modal")) return;
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, [role=dialog]");
      if (event.key === "Escape" && busy) stop();
      else if (event.key === "/" && !typing) {
        event.preventDefault();
        field.current?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    window.addEventListener(commands.chooseModel, chooseModel);
    return () => {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener(commands.chooseModel, chooseModel);
    };
  }, [busy, stop, chooseModel, field]);
}
