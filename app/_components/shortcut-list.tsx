"use client";
import { useRef } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

const keys: [string[], string][] = [
  [["Ctrl", "K"], "Commands and search"],
  [["Ctrl", "Shift", "O"], "New chat"],
  [["/"], "Write a message"],
  [["Enter"], "Send"],
  [["Shift", "Enter"], "New line"],
  [["Esc"], "Stop the answer"],
  [["?"], "This list"],
];

export function ShortcutList({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  return (
    <Dialog ref={dialog} title="Keyboard shortcuts" onClose={onClose}>
      <dl className="mt-3 divide-y">
        {keys.map(([combination, what]) => (
          <div key={what} className="flex items-center justify-between gap-4 py-2 text-sm">
            <dt>{what}</dt>
            <dd className="flex gap-1">
              {combination.map((key) => (
                <kbd
                  key={key}
                  className="min-w-6 rounded-sm border bg-sunken px-1.5 py-0.5 text-center font-sans text-xs"
                >
                  {key === "Ctrl" && isMac ? "⌘" : key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <div className="mt-4 flex justify-end">
        <Button onClick={() => dialog.current?.close()}>Close</Button>
      </div>
    </Dialog>
  );
}
