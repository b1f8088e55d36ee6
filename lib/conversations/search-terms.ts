/** One thing to look for. A phrase is a run of words in that order; a prefix is a word still being typed. */
export type SearchTerm = { text: string; kind: "phrase" | "prefix" };

const MAX_TERMS = 12;
/** Words as the database's `simple` configuration cuts them: letters and digits, everything else parts them. */
const WORD = /[\p{L}\p{N}\p{M}_]+/gu;

/** What a person typed into a search box: `"in this order"` is a phrase, the last word may be unfinished. */
export function searchTerms(query: string): SearchTerm[] {
  const pieces = [...query.matchAll(/"([^"]*)"?|([^\s"]+)/g)];
  const terms = pieces.flatMap(([whole, quoted, bare = ""], at): SearchTerm[] => {
    const text = (quoted ?? bare).match(WORD)?.join(" ") ?? "";
    if (text === "") return [];
    const isUnfinished =
      at === pieces.length - 1 && quoted === undefined && !/\s$/.test(query) && /[\p{L}\p{N}\p{M}_]$/u.test(whole);
    return [{ text, kind: isUnfinished ? "prefix" : "phrase" }];
  });
  return terms.slice(0, MAX_TERMS);
}
