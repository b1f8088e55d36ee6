"use client";
import { ArrowUp, Square } from "lucide-react";
import {
  type ClipboardEvent,
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useLayoutEffect,
} from "react";
import { cx } from "@/app/_components/cx";

type Props = {
  text: string;
  onChange: (text: string) => void;
  onSend: () => void;
  onStop: () => void;
  busy: boolean;
  stopping: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  controls: ReactNode;
  /** Files and what is to be said of them, above the text. */
  above?: ReactNode;
  onFiles: (files: File[]) => void;
  /** There is something to send: text, or files alone. */
  canSend: boolean;
  note: ReactNode;
};

const MAX_HEIGHT_PX = 240;

export function Composer(props: Props) {
  const { text, onChange, onSend, onStop, busy, stopping, field, controls, above, onFiles, canSend, note } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, MAX_HEIGHT_PX)}px`;
  }, [text, field]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && canSend) onSend();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault(); // else the names of the files would be written too
    onFiles(files);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    // A keyboard of glass has no Shift+Enter, so Enter is a new line there and the button sends.
    if (window.matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    if (!busy && canSend) onSend();
  };

  return (
    <form onSubmit={submit} className="mx-auto w-full max-w-[46rem] px-3 sm:px-6">
      <div className="rounded-lg border border-control/60 bg-surface transition-colors focus-within:border-accent">
        {above}
        <textarea
          ref={field}
          value={text}
          rows={1}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          aria-label="Message"
          placeholder="Ask anything"
          enterKeyHint="enter"
          className="block w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-[16px] leading-6 outline-none"
        />
        <div className="flex items-center gap-1.5 p-2 pl-1.5">
          <div className="flex min-w-0 grow items-center gap-1.5">{controls}</div>
          {busy ? (
            <button
              type="button"
              onClick={onStop}
              aria-label="Stop"
              title="Stop (Esc)"
              aria-disabled={stopping || undefined}
              className="grid size-9 shrink-0 place-items-center rounded-full border border-control bg-surface transition-colors hover:bg-hover aria-disabled:opacity-55"
            >
              <Square aria-hidden className="size-3.5 fill-current" />
            </button>
          ) : (
            <button
              type="submit"
              aria-label="Send"
              title="Send (Enter)"
              disabled={!canSend}
              className={cx(
                "grid size-9 shrink-0 place-items-center rounded-full transition-colors",
                canSend ? "bg-accent text-on-accent hover:bg-accent-strong" : "bg-hover text-faint",
              )}
            >
              <ArrowUp aria-hidden className="size-4.5" />
            </button>
          )}
        </div>
      </div>
      <p className="h-6 truncate px-4 pt-1.5 text-center text-faint text-xs tabular">{note}</p>
    </form>
  );
}
