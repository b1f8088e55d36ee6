"use client";
import { X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { cx } from "./cx";
import { currentToasts, dismissToast, subscribeToToasts, type Toast } from "./toast";

const none: readonly Toast[] = [];
const dot = { plain: "bg-faint", ok: "bg-ok", bad: "bg-bad" };

/** Own and small, because sonner writes a <style> without a nonce, which the content security policy refuses. */
export function Toaster() {
  const toasts = useSyncExternalStore(subscribeToToasts, currentToasts, () => none);
  return (
    <section
      aria-label="Notices"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-0 z-50 flex flex-col items-center gap-2 p-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:items-end"
    >
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </section>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  const { id, durationMs } = toast;
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissToast(id), durationMs);
    return () => clearTimeout(timer);
  }, [held, id, durationMs]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the pointer only holds the card, nothing is operated
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex w-full max-w-sm animate-appear items-center gap-3 rounded-md border bg-surface py-2 pr-2 pl-4 text-sm shadow-[0_8px_24px_rgb(0_0_0/0.10)]"
    >
      <span aria-hidden className={cx("size-2 shrink-0 rounded-full", dot[toast.tone])} />
      <p className="grow py-1">{toast.text}</p>
      {toast.action && (
        <button
          type="button"
          className="rounded-sm px-2 py-1 font-medium text-accent hover:bg-hover"
          onClick={() => {
            toast.action?.run();
            dismissToast(id);
          }}
        >
          {toast.action.label}
        </button>
      )}
      <button
        type="button"
        aria-label="Dismiss"
        className="grid size-8 shrink-0 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text"
        onClick={() => dismissToast(id)}
      >
        <X aria-hidden className="size-4" />
      </button>
    </div>
  );
}
