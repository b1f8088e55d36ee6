"use client";
import type { ComponentProps } from "react";
import { type AllowElement, defaultRehypePlugins, Streamdown } from "streamdown";
import { CopyButton } from "@/app/_components/copy-button";

/** An element of the parsed text (hast), as the renderer hands it to the components below. */
type Element = Parameters<AllowElement>[0];
type Child = Element["children"][number];
type Node = { node?: Element };
type Tree = { type: string; value?: string; children?: Tree[] };

/** What a model writes is a stranger's text: markup in it is shown, never obeyed. */
function showRawHtml() {
  return function visit(tree: Tree): void {
    for (const child of tree.children ?? []) {
      if (child.type === "raw") child.type = "text";
      else visit(child);
    }
  };
}

const plugins = [showRawHtml, defaultRehypePlugins.sanitize].filter((plugin) => plugin !== undefined);

/** http, https and mailto; everything else, relative addresses too, is no place a model can know. */
export const isSafeHref = (href: unknown): href is string =>
  typeof href === "string" && /^(https?:\/\/|mailto:)/i.test(href.trim());

function Anchor({ href, children }: ComponentProps<"a"> & Node) {
  if (!isSafeHref(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" className="link" title={href}>
      {children}
    </a>
  );
}

/** Loading an image tells its host who reads what, so it is a link that the reader may follow. */
function Picture({ src, alt }: ComponentProps<"img"> & Node) {
  const name = `Picture: ${alt || "without a description"}`;
  return isSafeHref(src) ? <Anchor href={src}>{name}</Anchor> : <span>{name}</span>;
}

function textOf(node: Element | Child | undefined): string {
  if (!node) return "";
  if (node.type === "text") return node.value;
  return "children" in node ? node.children.map(textOf).join("") : "";
}

function CodeBlock({ node }: ComponentProps<"pre"> & Node) {
  const code = node?.children.find((child) => child.type === "element");
  const classes = [code?.properties.className ?? []].flat().map(String);
  const language = classes.find((name) => name.startsWith("language-"))?.slice("language-".length);
  const text = textOf(code ?? node).replace(/\n$/, "");
  return (
    <figure className="overflow-hidden rounded-md border bg-sunken">
      <figcaption className="flex h-9 items-center justify-between border-b pr-0.5 pl-3.5 text-faint text-xs">
        <span>{language ?? "text"}</span>
        <CopyButton text={() => text} label="Copy code" />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} className="overflow-x-auto px-3.5 py-3 font-mono text-[13px] leading-5">
        <code>{text}</code>
      </pre>
    </figure>
  );
}

function Table({ children }: ComponentProps<"table"> & Node) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section tabIndex={0} aria-label="Table" className="overflow-x-auto">
      <table>{children}</table>
    </section>
  );
}

const components: ComponentProps<typeof Streamdown>["components"] = {
  a: Anchor,
  img: Picture,
  pre: CodeBlock,
  table: Table,
  code: ({ children }: ComponentProps<"code"> & Node) => <code>{children}</code>,
  inlineCode: ({ children }: ComponentProps<"code"> & Node) => <code>{children}</code>,
  // An answer's headings stand below the page's own.
  h1: ({ children }: ComponentProps<"h1"> & Node) => (
    <h3 dir="auto" className="text-[1.3em]">
      {children}
    </h3>
  ),
  h2: ({ children }: ComponentProps<"h2"> & Node) => (
    <h4 dir="auto" className="text-[1.16em]">
      {children}
    </h4>
  ),
  h3: ({ children }: ComponentProps<"h3"> & Node) => (
    <h5 dir="auto" className="text-[1.04em]">
      {children}
    </h5>
  ),
  h4: "h6",
  h5: "h6",
  ul: "ul",
  ol: "ol",
  li: ({ children }: ComponentProps<"li"> & Node) => <li dir="auto">{children}</li>,
  p: ({ children }: ComponentProps<"p"> & Node) => <p dir="auto">{children}</p>,
  strong: "strong",
  blockquote: ({ children }: ComponentProps<"blockquote"> & Node) => <blockquote dir="auto">{children}</blockquote>,
  hr: "hr",
  thead: "thead",
  tbody: "tbody",
  tr: "tr",
  th: ({ children }: ComponentProps<"th"> & Node) => <th dir="auto">{children}</th>,
  td: ({ children }: ComponentProps<"td"> & Node) => <td dir="auto">{children}</td>,
  sup: "sup",
  sub: "sub",
};

export function Markdown({ text, growing }: { text: string; growing: boolean }) {
  return (
    <Streamdown
      parseIncompleteMarkdown={growing}
      components={components}
      rehypePlugins={plugins}
      controls={false}
      linkSafety={{ enabled: false }}
      className="prose"
    >
      {text}
    </Streamdown>
  );
}
