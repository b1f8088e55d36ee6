import type { ReactNode } from "react";

/** A part of this page under a heading of its own. */
export function Part({
  id,
  title,
  text,
  children,
}: {
  id: string;
  title: string;
  text: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-labelledby={id} className="mt-8 rounded-lg border bg-surface p-5 sm:p-6">
      <h2 id={id} className="font-semibold text-lg tracking-[-0.01em]">
        {title}
      </h2>
      <p className="mt-1 mb-4 max-w-[36rem] text-muted text-sm">{text}</p>
      {children}
    </section>
  );
}
