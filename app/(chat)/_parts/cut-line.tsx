"use client";
import { useContext } from "react";
import { CutContext } from "./message-actions";

/** At the place where what is sent to the model begins (lib/chat/context.ts has the rule). */
export function CutLine({ id }: { id: string }) {
  if (useContext(CutContext) !== id) return null;
  return (
    <p className="mb-6 flex items-center gap-3 text-center text-faint text-xs before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line">
      <span>Messages above this line are not sent: the model gets the newest 64, as far as it can read them.</span>
    </p>
  );
}
