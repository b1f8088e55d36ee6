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
      <circle cx="13.5" cy="7.75" r="5.75" />
      <path d="M13.5 13.5V22h3M13.5 18.25h2.25" />
      <path d="m9.2 11.6-5.7 5.7 1.9 1.9M6.2 14.6l1.5 1.5" />
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
