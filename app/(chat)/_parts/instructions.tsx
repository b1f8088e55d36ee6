"use client";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { Button } from "@/app/_components/button";
import { Dialog } from "@/app/_components/dialog";
import { formatCount } from "@/lib/client/format";

const MAX_CHARS = 32_000;

/** The system prompt of one conversation. */
export function Instructions({
  text,
  onSave,
  onClose,
}: {
  text: string;
  onSave: (text: string) => void;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [draft, setDraft] = useState(text);
  const id = useId();
  const tooLong = draft.length > MAX_CHARS;
  // No form: it would stand inside the composer's own.
  const save = () => {
    if (tooLong) return;
    onSave(draft.trim());
    dialog.current?.close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
  };
  return (
    <Dialog ref={dialog} title="Instructions" onClose={onClose} className="sm:max-w-xl">
      <p id={`${id}-more`} className="mt-1.5 text-muted text-sm">
        They stand in front of every message of this conversation and are paid as a part of it.
      </p>
      <textarea
        autoFocus
        onKeyDown={onKeyDown}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        aria-label="Instructions"
        aria-describedby={`${id}-more${tooLong ? ` ${id}-long` : ""}`}
        aria-invalid={tooLong || undefined}
        placeholder="Answer in two sentences. Say when you are not sure."
        rows={9}
        className="mt-3 block w-full resize-y rounded-md border border-control bg-canvas px-3 py-2.5 text-[15px] leading-6"
      />
      {tooLong && (
        <p id={`${id}-long`} role="alert" className="mt-1.5 text-bad text-sm">
          {formatCount(draft.length)} characters; {formatCount(MAX_CHARS)} are the most.
        </p>
      )}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={() => dialog.current?.close()}>Cancel</Button>
        <Button look="primary" onClick={save} disabled={tooLong}>
          Save
        </Button>
      </div>
    </Dialog>
  );
}
