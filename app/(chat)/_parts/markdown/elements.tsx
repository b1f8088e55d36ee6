"use client";
import type { Element, Root } from "hast";
import { type Components, toJsxRuntime } from "hast-util-to-jsx-runtime";
import type { ComponentProps, JSX, ReactNode } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { CodeFigure } from "./code-figure";
import { NoteMark } from "./notes";
import { OuterLink, OuterPicture } from "./outer-link";
import { ScrollingTable } from "./scrolling-table";
import { textOf } from "./tree";

type Props<Tag extends keyof JSX.IntrinsicElements> = ComponentProps<Tag> & { node?: Element };
type Worded = "h3" | "h4" | "h5" | "h6" | "p" | "li" | "blockquote" | "th" | "td";

/** Each piece of text runs in the direction of its own first letters. */
const worded = (Tag: Worded, className?: string) =>
  function Worded({ children }: { children?: ReactNode }) {
    return (
      <Tag dir="auto" className={className}>
        {children}
      </Tag>
    );
  };

/** What each element of an answer becomes on the page. An answer's headings stand below the page's own. */
const components = {
  a: ({ node, href, children }: Props<"a">) => (
    <OuterLink address={href} words={textOf(node)}>
      {children}
    </OuterLink>
  ),
  img: ({ src, alt }: Props<"img">) => <OuterPicture address={src} description={alt ?? ""} />,
  pre: ({ node }: Props<"pre">) => {
    const code = node?.children.find((child) => child.type === "element");
    const classes = [code?.properties.className ?? []].flat().map(String);
    const language = classes.find((name) => name.startsWith("language-"))?.slice("language-".length) ?? "";
    return <CodeFigure key={language} language={language} pieces={[textOf(code ?? node)]} />;
  },
  code: ({ children }: Props<"code">) => <code dir="ltr">{children}</code>,
  table: ({ children }: Props<"table">) => <ScrollingTable>{children}</ScrollingTable>,
  h1: worded("h3", "text-[1.3em]"),
  h2: worded("h4", "text-[1.16em]"),
  h3: worded("h5", "text-[1.04em]"),
  h4: worded("h6"),
  h5: worded("h6"),
  h6: worded("h6"),
  p: worded("p"),
  li: worded("li"),
  blockquote: worded("blockquote"),
  th: worded("th"),
  td: worded("td"),
  input: ({ checked }: Props<"input">) => (
    <span role="img" aria-label={checked ? "Done:" : "To do:"} className="mr-1.5">
      {checked ? "☑" : "☐"}
    </span>
  ),
  "note-mark": ({ id = "" }: { id?: string }) => <NoteMark id={id} />,
};

export const asElements = (tree: Root) =>
  toJsxRuntime(tree, {
    Fragment,
    jsx,
    jsxs,
    components: components as Components,
    passNode: true,
    ignoreInvalidStyle: true,
  });
