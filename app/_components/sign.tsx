import { cx } from "./cx";

/** The product's sign: a ring with keys. One colour, taken from the text around it; readable from 16 px on. */
export function Sign({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={cx("size-6", className)}
    >
      <circle cx="12" cy="6.5" r="4.5" />
      <path d="M8.5 9.4v12.1M8.5 21.5h-3M8.5 17.75h-2" />
      <path d="M15.5 9.4v9.1M15.5 18.5h3" />
    </svg>
  );
}

export function Wordmark({ className }: { className?: string }) {
  return (
    <span className={cx("inline-flex items-center gap-2 font-semibold tracking-[-0.01em]", className)}>
      <Sign className="size-[1.35em] text-accent" />
      Chatelaine
    </span>
  );
}
