"use client";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "@/app/_components/button";
import type { ShownMessage } from "@/lib/client/chat-session";
import { keepDraft, readDraft } from "@/lib/client/draft";
import { editDraft } from "./message-actions";

const MAX_HEIGHT_PX = 400;

type Props = { message: ShownMessage; text: string; onSend: (text: string) => void; onCancel: () => void };

/** A question in other words. What is typed here stays, also when it is not sent, until it is. */
export function EditQuestion({ message, text: before, onSend, onCancel }: Props) {
  const place = editDraft(message.id);
  const [text, setText] = useState(() => readDraft(place) || before);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, MAX_HEIGHT_PX)}px`;
  }, [text]);

  const change = (next: string) => {
    setText(next);
    keepDraft(place, next === before ? "" : next);
  };
  const canSend = text.trim() !== "";
  const send = () => {
    if (canSend) onSend(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      onCancel();
    } else if (event.key === "Enter" && !event.shiftKey && !window.matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      send();
    }
  };
  return (
    <form
      className="w-full rounded-lg border border-control/60 bg-surface focus-within:border-accent"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        value={text}
        rows={1}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        aria-label="Question in other words"
        className="block w-full resize-none bg-transparent px-4 pt-3 pb-1 text-[16px] leading-6 outline-none"
      />
      <div className="flex flex-wrap items-center justify-end gap-2 p-2 pl-4">
        <p className="grow text-faint text-xs">The question before and its answers stay beside it.</p>
        <Button look="quiet" size="sm" onClick={onCancel}>
          Cancel
        </Button>
        <Button look="primary" size="sm" type="submit" disabled={!canSend}>
          Send
        </Button>
      </div>
    </form>
  );
}
