import type { Element, ElementContent, Root, Text } from "hast";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { type PluggableList, type Processor, unified } from "unified";

/** What reads and sets formulas; fetched when the first one turns up. */
export type Formulas = { remark: PluggableList; rehype: PluggableList };

/**
 * What a model writes is a stranger's text: markup in it is shown, never obeyed, so it is not even read as markup.
 * Footnotes belong to the whole answer and are set by it (blocks.ts).
 */
function withoutMarkup(this: Processor): void {
  const data = this.data();
  const disable = ["htmlFlow", "htmlText", "gfmFootnoteDefinition", "gfmFootnoteCall", "gfmPotentialFootnoteCall"];
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), { disable: { null: disable } }];
}

const createProcessor = (formulas?: Formulas) =>
  unified()
    .use(remarkParse)
    .use(remarkGfm, { singleTilde: false })
    .use(withoutMarkup)
    .use(formulas?.remark ?? [])
    .use(remarkRehype)
    // A second wall behind the first: whatever gets through the parser is cut down to GitHub's list of harmless elements.
    .use(rehypeSanitize, defaultSchema)
    .use(formulas?.rehype ?? [])
    .freeze();

let plain: ReturnType<typeof createProcessor> | undefined;
const withFormulas = new WeakMap<Formulas, ReturnType<typeof createProcessor>>();

function processorFor(formulas: Formulas | undefined) {
  if (!formulas) {
    plain ??= createProcessor();
    return plain;
  }
  const processor = withFormulas.get(formulas) ?? createProcessor(formulas);
  withFormulas.set(formulas, processor);
  return processor;
}

const MARKS = /<br\s*\/?>|\[\^([^\]\s]{1,60})\]/gi;

/** Line breaks inside table cells, which models write as `<br>`, and the marks of footnotes. */
function withMarks(node: Root | Element, isNote: (id: string) => boolean): void {
  node.children = node.children.flatMap((child): ElementContent[] => {
    if (child.type === "text") return marksIn(child, isNote);
    if (child.type !== "element") return [];
    if (child.tagName !== "code" && child.tagName !== "math") withMarks(child, isNote);
    return [child];
  });
}

function marksIn({ value }: Text, isNote: (id: string) => boolean): ElementContent[] {
  const parts: ElementContent[] = [];
  let from = 0;
  for (const match of value.matchAll(MARKS)) {
    const [mark, id] = match;
    if (id !== undefined && !isNote(id)) continue;
    if (match.index > from) parts.push({ type: "text", value: value.slice(from, match.index) });
    parts.push({ type: "element", tagName: id === undefined ? "br" : "note-mark", properties: { id }, children: [] });
    from = match.index + mark.length;
  }
  return from === 0 ? [{ type: "text", value }] : [...parts, { type: "text", value: value.slice(from) }];
}

/** Marks in such numbers are no writing, and the parser's time grows with their square, or its stack is too small. */
const HOPELESS = /(?:[>*_~[!(]\s?){60}|(?:[*_[][^*_[]{0,6}){700}/;
const asWritten = (text: string): Root => ({
  type: "root",
  children: [{ type: "element", tagName: "p", properties: {}, children: [{ type: "text", value: text }] }],
});

/** The elements of a Markdown text. No address in it has been looked at yet: elements.tsx decides what becomes a link. */
export function readMarkdown(
  text: string,
  { formulas, isNote }: { formulas?: Formulas; isNote: (id: string) => boolean },
): Root {
  if (HOPELESS.test(text)) return asWritten(text);
  const processor = processorFor(formulas);
  const tree = processor.runSync(processor.parse(text));
  withMarks(tree, isNote);
  return tree;
}

export function textOf(node: Root | ElementContent | undefined): string {
  if (!node) return "";
  if (node.type === "text") return node.value;
  return "children" in node ? node.children.map((child) => textOf(child as ElementContent)).join("") : "";
}
