"use client";
import { type ReactNode, useRef, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

type Props = {
  title: string;
  children: ReactNode;
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
};

/** Asks once, in words. */
export function Confirm({ title, children, action, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);

  const confirm = async () => {
    setBusy(true);
    await onConfirm().finally(() => setBusy(false));
    dialog.current?.close();
  };

  return (
    <Dialog ref={dialog} title={title} onClose={onClose}>
      <div className="mt-2 space-y-2 text-muted text-sm">{children}</div>
      <div className="mt-6 flex justify-end gap-3">
        <Button look="quiet" onClick={() => dialog.current?.close()} disabled={busy}>
          Cancel
        </Button>
        <Button look="danger" onClick={confirm} busy={busy}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
