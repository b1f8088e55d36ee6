import { createElement, Fragment } from "react";

/** A description: what stands in backticks is code. Drawn once and never again, so the pieces need no keys. */
export function Words({ children }: { children: string }) {
  return createElement(Fragment, null, ...children.split("`").map(pieceAt));
}

const pieceAt = (piece: string, at: number) => (at % 2 === 0 ? piece : <Code>{piece}</Code>);

export function Code({ children }: { children: string }) {
  return (
    <code className="rounded-[5px] border border-line bg-sunken px-1 py-px font-mono text-[0.88em] [overflow-wrap:anywhere]">
      {children}
    </code>
  );
}

/** Paragraphs of a description. */
export function Paragraphs({ children, className }: { children: string; className?: string }) {
  return children.split("\n\n").map((paragraph) => (
    <p key={paragraph} className={className}>
      <Words>{paragraph}</Words>
    </p>
  ));
}
