"use client";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button } from "./button";

type Props = {
  title: string;
  children: ReactNode;
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
};

/** Asks once, in words. The browser's own <dialog> brings the focus trap, Esc and the inert page behind. */
export function Confirm({ title, children, action, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);

  const confirm = async () => {
    setBusy(true);
    await onConfirm().finally(() => setBusy(false));
    dialog.current?.close();
  };

  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-labelledby={titleId}
      className="m-auto w-[calc(100%-2rem)] max-w-md animate-appear rounded-lg border bg-surface p-6 text-text"
    >
      <h2 id={titleId} className="font-semibold text-lg tracking-[-0.01em]">
        {title}
      </h2>
      <div className="mt-2 space-y-2 text-muted text-sm">{children}</div>
      <div className="mt-6 flex justify-end gap-3">
        <Button look="quiet" onClick={() => dialog.current?.close()} disabled={busy}>
          Cancel
        </Button>
        <Button look="danger" onClick={confirm} busy={busy}>
          {action}
        </Button>
      </div>
    </dialog>
  );
}
