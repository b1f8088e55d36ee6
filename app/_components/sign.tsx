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
      <circle cx="12" cy="7.25" r="5.25" />
      <path d="M12 12.5V22M12 21.75h3M12 17.75h2.25" />
      <path d="M7.9 10.9 4.25 18.75M5.3 16.5l2 .95" />
      <path d="m16.1 10.9 3.65 7.85" />
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
