"use client";
import { ChevronRight } from "lucide-react";
import { useEffect, useState } from "react";
import { RichText } from "./rich-text";

/** How long something grew, for those who saw it begin. */
function useDuration(growing: boolean): number | undefined {
  const [beganAt] = useState(() => (growing ? performance.now() : undefined));
  const [ms, setMs] = useState<number>();
  useEffect(() => {
    if (!growing && beganAt !== undefined) setMs((known) => known ?? performance.now() - beganAt);
  }, [growing, beganAt]);
  return ms;
}

export function durationWords(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What a model thought before it answered: folded, and while it grows laid out only for those who opened it. */
export function Reasoning({ text, growing }: { text: string; growing: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const ms = useDuration(growing);
  if (text.trim() === "" && !growing) return null;
  const title = growing ? "Thinking" : ms === undefined ? "Reasoning" : `Thought for ${durationWords(ms)}`;
  return (
    <details className="group mb-3 text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="inline-flex h-8 items-center gap-1.5 rounded-sm text-faint hover:text-text [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-3.5 transition-transform duration-150 group-open:rotate-90" />
        <span className={growing ? "animate-pulse" : undefined}>{title}</span>
      </summary>
      <div className="mt-1 border-l-2 pl-4 text-muted">
        {(isOpen || !growing) && <RichText text={text} growing={growing} />}
      </div>
    </details>
  );
}
