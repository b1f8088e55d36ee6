import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "./cx";

export const buttonStyle = cva(
  "inline-flex select-none items-center justify-center gap-2 whitespace-nowrap rounded-md font-medium transition-colors duration-150 disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55",
  {
    variants: {
      look: {
        primary: "bg-accent text-on-accent hover:bg-accent-strong",
        outline: "border border-control bg-surface hover:bg-hover",
        quiet: "text-muted hover:bg-hover hover:text-text",
        danger: "border border-bad bg-surface text-bad hover:bg-bad-soft",
      },
      size: { md: "h-10 px-4 text-sm", sm: "h-8 rounded-sm px-3 text-sm", icon: "size-9 rounded-sm" },
    },
    defaultVariants: { look: "outline", size: "md" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonStyle> & { busy?: boolean };

/** While `busy` it shows progress and cannot be pressed again. */
export function Button({ look, size, busy = false, className, children, disabled, ...props }: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(buttonStyle({ look, size }), className)}
    >
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}
