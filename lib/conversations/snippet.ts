import type { SearchTerm } from "./search-terms";

/** A piece of text with the places in it that were looked for: `[from, to)` in UTF-16 units. */
export type Snippet = { text: string; ranges: [number, number][] };

const BEFORE_CHARS = 60;
const MAX_CHARS = 200;

/** The first place in a text where one of the terms stands, with some words around it, in one line. */
export function snippetOf(text: string, terms: SearchTerm[]): Snippet {
  const first = matcher(terms).exec(text)?.index ?? 0;
  const from = wordStart(text, Math.max(0, first - BEFORE_CHARS), first);
  const cut = text
    .slice(from, from + MAX_CHARS)
    .toWellFormed()
    .replace(/\s+/g, " ")
    .trim();
  const line = `${from > 0 ? "…" : ""}${cut}${from + MAX_CHARS < text.length ? "…" : ""}`;
  return { text: line, ranges: rangesIn(line, terms) };
}

/** Where the terms stand in a short text. */
export const rangesIn = (text: string, terms: SearchTerm[]): [number, number][] =>
  [...text.matchAll(matcher(terms))].map(({ index, 0: found }) => [index, index + found.length]);

function matcher(terms: SearchTerm[]): RegExp {
  const patterns = terms.map(({ text, kind }) => {
    const words = text.split(" ").join("[^\\p{L}\\p{N}\\p{M}_]+"); // terms hold letters and digits only
    return kind === "prefix" ? `${words}[\\p{L}\\p{N}\\p{M}_]*` : `${words}(?![\\p{L}\\p{N}\\p{M}_])`;
  });
  // Without terms it finds nothing.
  return new RegExp(patterns.length === 0 ? "(?!)" : `(?<![\\p{L}\\p{N}\\p{M}_])(?:${patterns.join("|")})`, "giu");
}

/** Not in the middle of a word, unless the word is longer than the whole lead. */
function wordStart(text: string, from: number, until: number): number {
  if (from === 0) return 0;
  const space = text.slice(from, until).search(/\s/);
  return space < 0 ? from : from + space + 1;
}
