import { type ReactNode, useId } from "react";
import { cx } from "./cx";

type Props = {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ReactNode;
  description?: ReactNode;
  disabled?: boolean;
};

export function Switch({ checked, onChange, label, description, disabled }: Props) {
  const id = useId();
  return (
    <div className="flex items-start gap-4">
      <div className="grow">
        <label htmlFor={id} className="block font-medium text-sm">
          {label}
        </label>
        {description && (
          <p id={`${id}-more`} className="mt-0.5 text-muted text-sm">
            {description}
          </p>
        )}
      </div>
      <button
        id={id}
        type="button"
        role="switch"
        aria-checked={checked}
        aria-describedby={description ? `${id}-more` : undefined}
        disabled={disabled}
        onClick={() => onChange(!checked)}
        className={cx(
          "relative mt-0.5 h-6 w-10 shrink-0 rounded-full border transition-colors duration-150 disabled:opacity-55",
          checked ? "border-accent bg-accent" : "border-control bg-sunken",
        )}
      >
        <span
          aria-hidden
          className={cx(
            "absolute top-[3px] left-[3px] size-4 rounded-full transition-transform duration-150",
            checked ? "translate-x-4 bg-on-accent" : "bg-control",
          )}
        />
      </button>
    </div>
  );
}
