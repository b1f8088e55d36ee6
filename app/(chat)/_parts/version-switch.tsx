"use client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import type { KeyboardEvent } from "react";
import { Button } from "@/app/_components/button";
import type { ShownMessage } from "@/lib/client/chat-session";
import { useMessageActions } from "./message-actions";

/** ‹ 2/3 ›: moves between what stands in the same place. The arrow keys do the same. */
export function VersionSwitch({ message, busy }: { message: ShownMessage; busy: boolean }) {
  const actions = useMessageActions();
  const { siblings } = message;
  if (!siblings || !actions) return null;
  const { index, count, ids } = siblings;
  const go = (side: "previous" | "next") => {
    const id = ids[side === "previous" ? index - 1 : index + 1];
    if (id && !busy) actions.select(id, side);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    go(event.key === "ArrowLeft" ? "previous" : "next");
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div
      role="group"
      aria-label={`Version ${index + 1} of ${count}`}
      className="flex items-center"
      onKeyDown={onKeyDown}
    >
      <Button
        look="quiet"
        size="icon"
        className="size-8"
        data-version="previous"
        onClick={() => go("previous")}
        aria-disabled={busy || index === 0 || undefined}
        aria-label={`Previous version, ${index + 1} of ${count} is shown`}
        title="Previous version"
      >
        <ChevronLeft aria-hidden className="size-4" />
      </Button>
      <span aria-hidden className="text-muted text-sm tabular">
        {index + 1}/{count}
      </span>
      <Button
        look="quiet"
        size="icon"
        className="size-8"
        data-version="next"
        onClick={() => go("next")}
        aria-disabled={busy || index === count - 1 || undefined}
        aria-label={`Next version, ${index + 1} of ${count} is shown`}
        title="Next version"
      >
        <ChevronRight aria-hidden className="size-4" />
      </Button>
    </div>
  );
}
