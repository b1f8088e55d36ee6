"use client";
import { type ReactNode, type Ref, useEffect, useId, useImperativeHandle, useRef } from "react";
import { cx } from "./cx";

type Props = {
  title: string;
  children: ReactNode;
  onClose: () => void;
  /** Gives the caller the element, to close it. */
  ref?: Ref<HTMLDialogElement>;
  className?: string;
};

/**
 * A dialog in front of the page; on a phone a sheet at its lower edge, where the thumb is. The browser's own <dialog>
 * brings the focus trap, Esc and the inert page behind, where Radix's modal writes a <style> without a nonce.
 */
export function Dialog({ title, children, onClose, ref, className }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useImperativeHandle(ref, () => dialog.current as HTMLDialogElement, []);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-labelledby={titleId}
      className={cx(
        "mx-0 mt-auto mb-0 max-h-[94dvh] w-full max-w-none animate-appear overflow-y-auto overscroll-contain rounded-t-lg border-t bg-surface p-5 pb-[max(1.25rem,env(safe-area-inset-bottom))] text-text sm:m-auto sm:w-[calc(100%-2rem)] sm:max-w-md sm:rounded-lg sm:border sm:p-6",
        className,
      )}
    >
      <h2 id={titleId} className="font-semibold text-lg tracking-[-0.01em]">
        {title}
      </h2>
      {children}
    </dialog>
  );
}
