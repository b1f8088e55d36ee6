import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { searchTerms } from "@/lib/conversations/search-terms";
import { rangesIn, snippetOf } from "@/lib/conversations/snippet";

const marked = (text: string, query: string) =>
  rangesIn(text, searchTerms(query)).map(([from, to]) => text.slice(from, to));

describe("what was typed into the search box", () => {
  it.each([
    [
      "red key",
      [
        { text: "red", kind: "phrase" },
        { text: "key", kind: "prefix" },
      ],
    ],
    [
      "red key ",
      [
        { text: "red", kind: "phrase" },
        { text: "key", kind: "phrase" },
      ],
    ],
    [
      '"red key" lo',
      [
        { text: "red key", kind: "phrase" },
        { text: "lo", kind: "prefix" },
      ],
    ],
    ['"half open', [{ text: "half open", kind: "phrase" }]],
    ["wi-fi", [{ text: "wi fi", kind: "prefix" }]],
    ["!!! && | <->", []],
    ["", []],
  ])("%j is understood", (query, terms) => {
    expect(searchTerms(query)).toEqual(terms);
  });

  it("counts at most 12 words", () => {
    expect(searchTerms("a ".repeat(100))).toHaveLength(12);
  });
});

describe("the place that was found", () => {
  it("marks whole words, and what begins like the unfinished one", () => {
    expect(marked("Keys: a key, monkeys and keyrings", "key")).toEqual(["Keys", "key", "keyrings"]);
    expect(marked("Keys: a key, monkeys", "key ")).toEqual(["key"]);
    expect(marked("the red, KEY", '"red key"')).toEqual(["red, KEY"]);
    expect(marked("Straße der Schlüssel", "schlüs")).toEqual(["Schlüssel"]);
  });

  it("shows it with some words before it, in one line", () => {
    const { text, ranges } = snippetOf(
      `${"word ".repeat(100)}\n\nneedle in\nthe hay ${"word ".repeat(100)}`,
      searchTerms("needle "),
    );
    expect(text).toMatch(/^…word .*needle in the hay word .*…$/);
    expect(text.length).toBeLessThan(210);
    expect(ranges.map(([from, to]) => text.slice(from, to))).toEqual(["needle"]);
  });

  it("never throws or points outside of its text, whatever either holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (text, query) => {
        const snippet = snippetOf(text, searchTerms(query));
        for (const [from, to] of snippet.ranges) {
          expect(from).toBeLessThan(to);
          expect(to).toBeLessThanOrEqual(snippet.text.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
