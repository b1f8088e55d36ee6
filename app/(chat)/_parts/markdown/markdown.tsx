"use client";
import { memo, useEffect, useId, useMemo, useState, useSyncExternalStore } from "react";
import remend from "remend";
import { AnswerTable } from "./answer-table";
import { type Block, BlockReader, type TextBlock } from "./blocks";
import { CodeFigure } from "./code-figure";
import { asElements } from "./elements";
import { holdsFormula, withPlainFormulas } from "./formulas";
import { NoteList, NotesProvider } from "./notes";
import { type Formulas, readMarkdown } from "./tree";

/** Half a link is shown as its words, half a formula or an emphasis as if it were whole. */
const CLOSE_WHAT_IS_OPEN = { linkMode: "text-only", htmlTags: false, comparisonOperators: false } as const;
/** A table's first line is held back until the next one shows that it is a table. */
const BEGINS_TABLE = /(^|\n)\|[^\n]*(\n[ \t|:-]*)?$/;

type Props = {
  text: string;
  /** More is to come: what is still open at the end is shown as if it were closed. */
  growing: boolean;
};

/**
 * An answer on the page. It is cut into blocks that are laid out once each, so that what a new word costs does not grow
 * with the answer.
 */
export function Markdown({ text, growing }: Props) {
  const scope = useId();
  const [reader] = useState(() => new BlockReader());
  const { blocks, notes, noteNumbers } = useMemo(() => reader.read(text), [reader, text]);
  const noteIds = growing ? "*" : notes.map(({ id }) => id).join("\n");
  const isNote = useMemo(() => {
    const ids = new Set(noteIds.split("\n"));
    return (id: string) => noteIds === "*" || ids.has(id);
  }, [noteIds]);
  const numbersText = [...noteNumbers.keys()].join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new map of the same numbers is no change
  const context = useMemo(() => ({ scope, numbers: noteNumbers }), [scope, numbersText]);
  const used = notes
    .flatMap(({ id, text }) => ({ number: noteNumbers.get(id) ?? 0, text }))
    .filter(({ number }) => number > 0)
    .sort((a, b) => a.number - b.number);

  return (
    <NotesProvider value={context}>
      <div className="prose">
        {blocks.map((block, index) => (
          <BlockView key={block.at} block={block} isOpen={growing && index === blocks.length - 1} isNote={isNote} />
        ))}
        {used.length > 0 && (
          <NoteList
            notes={used.map(({ number, text }) => ({
              number,
              content: <TextView text={text} definitions="" isOpen={growing} isNote={isNote} />,
            }))}
          />
        )}
      </div>
    </NotesProvider>
  );
}

type ViewProps = { isOpen: boolean; isNote: (id: string) => boolean };

const isSame = (before: Block, after: Block) =>
  before === after ||
  (before.kind === "text" &&
    after.kind === "text" &&
    before.text === after.text &&
    before.definitions === after.definitions);

const BlockView = memo(
  function BlockView({ block, isOpen, isNote }: { block: Block } & ViewProps) {
    switch (block.kind) {
      case "code":
        return /^math$/i.test(block.language) ? (
          <TextView text={`$$\n${block.pieces.join("").trim()}\n$$`} definitions="" isOpen={isOpen} isNote={isNote} />
        ) : (
          <CodeFigure key={block.language} language={block.language} pieces={block.pieces} />
        );
      case "table":
        return <AnswerTable head={block.head} pieces={block.pieces} isNote={isNote} />;
      default: {
        const { text, definitions, continues } = block satisfies TextBlock;
        const content = <TextView text={text} definitions={definitions} isOpen={isOpen} isNote={isNote} />;
        return continues ? <div className="continues">{content}</div> : content;
      }
    }
  },
  (before, after) =>
    before.isOpen === after.isOpen && before.isNote === after.isNote && isSame(before.block, after.block),
);

function TextView({ text, definitions, isOpen, isNote }: { text: string; definitions: string } & ViewProps) {
  const plain = withPlainFormulas(isOpen ? text.replace(BEGINS_TABLE, "$1") : text);
  const formulas = useFormulas(holdsFormula(plain));
  const whole = isOpen ? remend(plain, CLOSE_WHAT_IS_OPEN) : plain;
  return asElements(readMarkdown(definitions ? `${whole}\n\n${definitions}` : whole, { formulas, isNote }));
}

let formulas: Formulas | undefined;
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** What sets formulas (KaTeX, 80 kB), fetched with the first one; until then, or without it, their source is shown. */
function useFormulas(needed: boolean): Formulas | undefined {
  const loaded = useSyncExternalStore(
    subscribe,
    () => formulas,
    () => undefined,
  );
  useEffect(() => {
    if (!needed || formulas) return;
    void import("./math").then(
      (module) => {
        formulas = module.formulas;
        for (const listener of listeners) listener();
      },
      () => undefined, // the source stays on screen; the next formula asks again
    );
  }, [needed]);
  return needed ? loaded : undefined;
}
