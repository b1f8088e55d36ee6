"use client";
import { createContext, type MouseEvent, type ReactNode, useContext } from "react";

/** The footnotes of one answer: their numbers, and a name that keeps them apart from those of other answers. */
type Notes = { scope: string; numbers: ReadonlyMap<string, number> };
const NotesContext = createContext<Notes>({ scope: "", numbers: new Map() });
export const NotesProvider = NotesContext.Provider;

/** Moves to a place in the answer without writing it into the address. */
function Jump({ to, from, label, children }: { to: string; from?: string; label: string; children: ReactNode }) {
  const jump = (event: MouseEvent) => {
    event.preventDefault();
    const place = document.getElementById(to);
    place?.scrollIntoView({ block: "nearest" });
    place?.focus({ preventScroll: true });
  };
  return (
    <a href={`#${to}`} id={from} onClick={jump} aria-label={label} className="link">
      {children}
    </a>
  );
}

export function NoteMark({ id }: { id: string }) {
  const { scope, numbers } = useContext(NotesContext);
  const number = numbers.get(id) ?? 0;
  return (
    <sup>
      <Jump to={`${scope}-note-${number}`} label={`Footnote ${number}`}>
        {number}
      </Jump>
    </sup>
  );
}

export function NoteList({ notes }: { notes: readonly { number: number; content: ReactNode }[] }) {
  const { scope } = useContext(NotesContext);
  return (
    <section aria-label="Footnotes" className="border-t pt-3 text-muted text-sm">
      <ol>
        {notes.map(({ number, content }) => (
          <li key={number} value={number} id={`${scope}-note-${number}`} tabIndex={-1} className="[&>p]:mt-0">
            {content}
          </li>
        ))}
      </ol>
    </section>
  );
}
