"use client";
import { useState } from "react";
import { cx } from "@/app/_components/cx";
import { applyTheme, type Theme, themes } from "@/app/_components/theme";

const names: Record<Theme, string> = { system: "System", light: "Light", dark: "Dark" };
const previews: Record<Theme, ("light" | "dark")[]> = { system: ["light", "dark"], light: ["light"], dark: ["dark"] };

export function ThemeChoice({ initial }: { initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  const choose = (next: Theme) => {
    setTheme(next);
    applyTheme(next);
  };
  return (
    <fieldset>
      <legend className="mb-3 font-medium text-sm">Theme</legend>
      <div className="grid grid-cols-3 gap-3">
        {themes.map((name) => (
          <label
            key={name}
            className={cx(
              "cursor-pointer rounded-lg border bg-surface p-2 transition-colors hover:border-control has-focus-visible:outline-2 has-focus-visible:outline-accent",
              theme === name && "border-accent hover:border-accent",
            )}
          >
            <input
              type="radio"
              name="theme"
              value={name}
              checked={theme === name}
              onChange={() => choose(name)}
              className="sr-only"
            />
            <span aria-hidden className="flex h-20 overflow-hidden rounded-md border">
              {previews[name].map((scheme) => (
                <span key={scheme} className="min-w-0 grow basis-0">
                  <Preview dark={scheme === "dark"} />
                </span>
              ))}
            </span>
            <span className="flex items-center justify-between gap-2 px-1.5 pt-2 pb-1 text-sm">
              {names[name]}
              <span
                aria-hidden
                className={cx("size-2 shrink-0 rounded-full", theme === name ? "bg-accent" : "bg-transparent")}
              />
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Drawn in the fixed colours of its theme, whatever the page around it has. */
function Preview({ dark }: { dark: boolean }) {
  return (
    <svg viewBox="0 0 60 44" className="h-full w-full" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <rect width="60" height="44" fill={dark ? "#161513" : "#fbfaf8"} />
      <rect x="26" y="6" width="28" height="8" rx="3" fill={dark ? "#292623" : "#efece6"} />
      <rect x="6" y="20" width="40" height="3" rx="1.5" fill={dark ? "#b0a99c" : "#615b50"} />
      <rect x="6" y="26" width="32" height="3" rx="1.5" fill={dark ? "#b0a99c" : "#615b50"} />
      <rect x="6" y="35" width="48" height="6" rx="3" fill={dark ? "#d2ad5f" : "#80621a"} />
    </svg>
  );
}
