"use client";
import { CircleCheck, Eye, EyeOff, Info } from "lucide-react";
import { type ReactNode, type Ref, useId, useState } from "react";
import type { KeyForm } from "@/lib/providers/key-form";

type Props = {
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
  form: KeyForm | undefined;
  disabled: boolean;
  /** Beside the hint: the way out of a key pasted in the wrong place. */
  offer?: ReactNode;
  ref?: Ref<HTMLInputElement>;
};

/** Where a key is pasted: covered, kept from password managers and spelling checks, which might send it elsewhere. */
export function KeyField({ value, onChange, placeholder, form, disabled, offer, ref }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div>
      <label htmlFor={id} className="font-medium text-sm">
        API key
      </label>
      <div className="relative mt-1.5">
        <input
          ref={ref}
          id={id}
          type={shown ? "text" : "password"}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          placeholder={placeholder}
          readOnly={disabled}
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          data-1p-ignore
          data-bwignore
          data-lpignore="true"
          aria-describedby={`${id}-form`}
          className="h-11 w-full rounded-md border border-control bg-surface pr-12 pl-3.5 font-mono text-[16px] outline-none transition-colors placeholder:font-mono focus:border-accent focus:ring-2 focus:ring-accent/25 sm:text-sm"
        />
        <button
          type="button"
          onClick={() => setShown(!shown)}
          aria-label={shown ? "Hide the key" : "Show the key"}
          aria-pressed={shown}
          className="absolute top-1 right-1 grid size-9 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text"
        >
          {shown ? <EyeOff aria-hidden className="size-4.5" /> : <Eye aria-hidden className="size-4.5" />}
        </button>
      </div>
      {/* As high as its longest sentence from the start, so that nothing moves while one types. */}
      <div className="mt-1.5 flex min-h-10 flex-wrap items-start gap-x-3 gap-y-2 text-sm">
        <p id={`${id}-form`} aria-live="polite" className="flex min-w-0 items-start gap-1.5 text-muted">
          {form &&
            (form.ok ? (
              <>
                <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
                This has the form of such a key.
              </>
            ) : (
              <>
                <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
                {form.hint}
              </>
            ))}
        </p>
        {offer}
      </div>
    </div>
  );
}
