"use client";
import { Search, X } from "lucide-react";
import { type KeyboardEvent, useRef } from "react";

type Props = { typed: string; onType: (text: string) => void };

/** Finds in titles and messages. Arrow down goes into what was found, Escape empties the box. */
export function SearchBox({ typed, onType }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && typed !== "") {
      event.preventDefault(); // an answer that is being written goes on, and a drawer stays open
      onType("");
    }
    if (event.key === "ArrowDown" || event.key === "Enter") {
      const first = resultsBeside(event.currentTarget)[0];
      if (!first) return;
      event.preventDefault();
      if (event.key === "Enter") first.click();
      else first.focus();
    }
  };
  return (
    <search className="relative block">
      <Search aria-hidden className="-translate-y-1/2 pointer-events-none absolute top-1/2 left-2 size-4 text-faint" />
      <input
        ref={field}
        type="search"
        enterKeyHint="search"
        autoComplete="off"
        spellCheck={false}
        maxLength={500}
        value={typed}
        placeholder="Search"
        aria-label="Search conversations"
        onChange={(event) => onType(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-9 w-full rounded-sm border border-transparent bg-transparent pr-8 pl-8.5 text-sm outline-none transition-colors [&::-webkit-search-cancel-button]:hidden placeholder:text-muted hover:bg-hover focus:border-accent focus:bg-surface"
      />
      {typed !== "" && (
        <button
          type="button"
          aria-label="Empty the search"
          onClick={() => {
            onType("");
            field.current?.focus();
          }}
          className="-translate-y-1/2 absolute top-1/2 right-1 grid size-7 place-items-center rounded-sm text-faint hover:text-text"
        >
          <X aria-hidden className="size-4" />
        </button>
      )}
    </search>
  );
}

const resultsBeside = (element: HTMLElement) => [
  ...(element.closest("[data-sidebar]")?.querySelectorAll<HTMLAnchorElement>("[data-result]") ?? []),
];

/** Up and down among what was found; up from the first leads back to the box. */
export function onResultKey(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const results = resultsBeside(event.currentTarget);
  const at = results.indexOf(document.activeElement as HTMLAnchorElement);
  if (at === -1) return;
  event.preventDefault();
  const next = results[at + (event.key === "ArrowDown" ? 1 : -1)];
  const box = event.currentTarget.closest("[data-sidebar]")?.querySelector<HTMLInputElement>("[type=search]");
  if (next) next.focus();
  else if (event.key === "ArrowUp") box?.focus();
}
