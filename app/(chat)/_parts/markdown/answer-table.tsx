"use client";
import type { Element } from "hast";
import { memo, useState } from "react";
import { Button } from "@/app/_components/button";
import { asElements } from "./elements";
import { ScrollingTable } from "./scrolling-table";
import { readMarkdown } from "./tree";

const PIECES_AT_ONCE = 5;
type Props = { head: string; pieces: readonly string[]; isNote: (id: string) => boolean };

/** A table of an answer. Rows are laid out in pieces, so a growing table never does earlier rows again. */
export function AnswerTable({ head, pieces, isNote }: Props) {
  const [shown, setShown] = useState(PIECES_AT_ONCE);
  const rest = pieces.slice(shown).reduce((rows, piece) => rows + piece.trimEnd().split("\n").length, 0);
  return (
    <>
      <ScrollingTable>
        <Rows part="thead" text={head} isNote={isNote} />
        {pieces.slice(0, shown).map((piece, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces are only ever appended
          <Rows key={index} part="tbody" text={head + piece} isNote={isNote} />
        ))}
      </ScrollingTable>
      {rest > 0 && (
        <Button size="sm" onClick={() => setShown(shown + PIECES_AT_ONCE * 2)}>
          {`Show more rows (${rest.toLocaleString("en")} left)`}
        </Button>
      )}
    </>
  );
}

const Rows = memo(function Rows({
  part,
  text,
  isNote,
}: {
  part: string;
  text: string;
  isNote: (id: string) => boolean;
}) {
  const table = readMarkdown(text, { isNote }).children.find(isElement);
  const found = table?.children.filter(isElement).filter(({ tagName }) => tagName === part) ?? [];
  return asElements({ type: "root", children: found });
});

const isElement = (node: { type: string }): node is Element => node.type === "element";
