"use client";
import { memo, useEffect, useState } from "react";
import { Button } from "@/app/_components/button";
import { CopyButton } from "@/app/_components/copy-button";
import { CodePainter } from "./code-painter";
import type { Highlighted } from "./highlight";
import { languageName, languageOf } from "./languages";

/** Characters that change the order in which text is shown, and could make code read otherwise than it runs. */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;
const visible = (text: string) =>
  text.replace(REORDERING, (mark) => `⟨U+${mark.codePointAt(0)?.toString(16).toUpperCase()}⟩`);

/** 4,000 lines. More is shown when asked for. */
const PIECES_AT_ONCE = 100;

/** A block of code with its language and a button that copies it. Colours come when the page has time. */
export function CodeFigure({ language, pieces }: { language: string; pieces: readonly string[] }) {
  const text = () => pieces.join("").replace(/\n$/, "");
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? pieces : pieces.slice(0, PIECES_AT_ONCE);
  const coloured = useColours(language, pieces);
  const reorders = pieces.some((piece) => piece.search(REORDERING) >= 0);
  return (
    <figure className="overflow-hidden rounded-md border bg-sunken">
      <figcaption className="flex h-9 items-center justify-between border-b pr-0.5 pl-3.5 text-faint text-xs">
        <span className="min-w-0 truncate">{languageName(language)}</span>
        <CopyButton text={text} label="Copy code" />
      </figcaption>
      {reorders && (
        <p className="border-b bg-warn-soft px-3.5 py-2 text-warn text-xs">
          This code holds hidden characters that change the order of its text. They are shown here as ⟨U+…⟩.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} dir="ltr" className="overflow-x-auto px-3.5 py-3 font-mono text-[13px] leading-5">
        <code>
          {shown.map((piece, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces are only ever appended
            <Piece key={index} text={piece} isLast={index === shown.length - 1} coloured={coloured[index]} />
          ))}
        </code>
      </pre>
      {shown.length < pieces.length && (
        <div className="border-t p-2">
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all of this code
          </Button>
        </div>
      )}
    </figure>
  );
}

/** Each piece is a box of its own, so the browser lays out only the one that grows. */
const Piece = memo(function Piece({
  text,
  isLast,
  coloured,
}: {
  text: string;
  isLast: boolean;
  coloured: Highlighted | undefined;
}) {
  const shown = isLast ? text.replace(/\n$/, "") : text;
  const isCurrent = coloured !== undefined && shown.startsWith(coloured.text);
  if (!isCurrent) return <span className="block min-w-max">{visible(shown)}</span>;
  return (
    <span className="block min-w-max">
      {coloured.tokens.map(({ at, content, color }) =>
        color ? (
          <span key={at} style={{ color }}>
            {visible(content)}
          </span>
        ) : (
          visible(content)
        ),
      )}
      {visible(shown.slice(coloured.text.length))}
    </span>
  );
});

/** Nothing is fetched for a language that has no colours here. */
function useColours(language: string, pieces: readonly string[]): readonly (Highlighted | undefined)[] {
  const [painted, setPainted] = useState<readonly Highlighted[]>([]);
  const [painter] = useState(() => (languageOf(language) ? new CodePainter(language, setPainted) : undefined));
  useEffect(() => painter?.paint(pieces), [painter, pieces]);
  useEffect(() => () => painter?.stop(), [painter]);
  return painted;
}
