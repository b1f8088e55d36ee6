"use client";
import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, type ReactNode, useId, useState } from "react";
import { cx } from "./cx";

type Props = Omit<ComponentProps<"input">, "id"> & { label: string; error?: string; hint?: ReactNode };

export function Field({ label, error, hint, type, className, ...props }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const isPassword = type === "password";
  const describedBy = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div>
      <label htmlFor={id} className="font-medium text-sm">
        {label}
      </label>
      <div className="relative mt-1.5">
        <input
          {...props}
          id={id}
          type={isPassword && shown ? "text" : type}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy || undefined}
          className={cx(
            "h-11 w-full rounded-md border border-control bg-surface px-3.5 text-base outline-none transition-colors focus:border-accent focus:ring-2 focus:ring-accent/25",
            isPassword && "pr-12",
            error && "border-bad focus:border-bad focus:ring-bad/20",
            className,
          )}
        />
        {isPassword && (
          <button
            type="button"
            onClick={() => setShown(!shown)}
            aria-label={shown ? "Hide the password" : "Show the password"}
            aria-pressed={shown}
            className="absolute top-1 right-1 grid size-9 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text"
          >
            {shown ? <EyeOff aria-hidden className="size-4.5" /> : <Eye aria-hidden className="size-4.5" />}
          </button>
        )}
      </div>
      {error && (
        <p id={`${id}-error`} role="alert" className="mt-1.5 text-bad text-sm">
          {error}
        </p>
      )}
      {hint && (
        <div id={`${id}-hint`} className="mt-1.5 text-faint text-sm">
          {hint}
        </div>
      )}
    </div>
  );
}
