import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, BlockReader } from "@/app/(chat)/_parts/markdown/blocks";

const read = (text: string) => new BlockReader().read(text);
const textOf = (block: Block) => (block.kind === "text" ? block.text : block.pieces.join(""));
const shapes = (text: string) => read(text).blocks.map((block) => [block.kind, textOf(block).trim()]);

const LINES = [
  "",
  "Some words.",
  "# Heading",
  "- item",
  "  more of it",
  "1. first",
  "```ts",
  "```",
  "  ~~~",
  "| a | b |",
  "| - | - |",
  "| 1 | 2 |",
  "> quoted",
  "$$",
  "\\[",
  "\\]",
  "[^1]: a note",
  "see[^1] and [x][y]",
  "[y]: https://example.org",
  "    indented",
  "---",
];

describe("an answer is cut into blocks", () => {
  it("that are the same whether it arrives at once or in any pieces", () => {
    const answers = fc.array(fc.constantFrom(...LINES), { maxLength: 25 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(answers, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (answer, steps) => {
        const reader = new BlockReader();
        for (let at = 0, n = 0; at < answer.length; n++) {
          at += steps[n % steps.length] ?? 1;
          reader.read(answer.slice(0, at));
        }
        expect(reader.read(answer)).toEqual(read(answer));
      }),
      { numRuns: 500 },
    );
  });

  it("at empty lines, headings, fences, tables and formulas", () => {
    const answer =
      "# A\nwords\nmore\n\nnext\n```js\na\n\nb\n```\nafter\n| x | y |\n|---|---|\n| 1 | 2 |\n\n$$\na\n\nb\n$$\nend";
    expect(shapes(answer)).toEqual([
      ["text", "# A"],
      ["text", "words\nmore"],
      ["text", "next"],
      ["code", "a\n\nb"],
      ["text", "after"],
      ["table", "| 1 | 2 |"],
      ["text", "$$\na\n\nb\n$$"],
      ["text", "end"],
    ]);
  });

  it("and a list stays one, with the code and the empty lines inside its items", () => {
    const answer = "1. one\n\n   ```js\n   a\n\n   b\n   ```\n\n2. two\n\nafter";
    expect(shapes(answer)).toEqual([
      ["text", answer.slice(0, answer.indexOf("after")).trim()],
      ["text", "after"],
    ]);
  });

  it("of which none is long, whatever is written", () => {
    for (const text of [
      "word ".repeat(40_000),
      "x".repeat(100_000),
      "- an item\n".repeat(9000),
      "> quote\n".repeat(9000),
    ]) {
      const { blocks } = read(text);
      expect(blocks.map(textOf).join("")).toBe(text);
      expect(Math.max(...blocks.map((block) => textOf(block).length))).toBeLessThanOrEqual(6_001);
    }
  });

  it("and those above the last one are the very same ones as the answer grows", () => {
    const reader = new BlockReader();
    const before = reader.read("one\n\ntwo\n\nthr").blocks;
    const after = reader.read("one\n\ntwo\n\nthree").blocks;
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(after[2]).not.toBe(before[2]);
  });

  it("an unclosed fence is code from its first line on", () => {
    expect(shapes("```ts\nconst a = 1;\n``")).toEqual([["code", "const a = 1;"]]);
    expect(shapes("```ts\nconst a = 1;\n\n# no heading")).toEqual([["code", "const a = 1;\n\n# no heading"]]);
  });

  it("links defined at the end reach the blocks that use them, and no others", () => {
    const { blocks } = read("see [this][x]\n\nnothing\n\n[x]: https://example.org");
    expect(blocks.map((block) => (block.kind === "text" ? block.definitions : ""))).toEqual([
      "[x]: https://example.org",
      "",
      "[x]: https://example.org",
    ]);
  });

  it("footnotes are numbered as they are referred to, and gathered", () => {
    const { notes, noteNumbers, blocks } = read("b[^b] a[^a]\n\n[^a]: first\n[^b]: second\n  goes on");
    expect([...noteNumbers]).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
    expect(notes).toEqual([
      { id: "a", text: "first" },
      { id: "b", text: "second\ngoes on" },
    ]);
    expect(blocks).toHaveLength(1);
  });
});
