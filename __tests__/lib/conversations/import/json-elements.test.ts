import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonElements } from "@/lib/conversations/import/json-elements";

const cut = (text: string, sizes: number[], maxBytes = 1e6) => {
  const elements = new JsonElements({ maxBytes });
  const bytes = new TextEncoder().encode(text);
  const found: (string | undefined)[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    const part = elements.push(Uint8Array.from(bytes.subarray(at, at + size)));
    found.push(...part.map((one) => (one ? new TextDecoder().decode(one) : undefined)));
    at += size;
  }
  return { found, isWhole: elements.isWhole };
};

it("gives the elements of any list, however the bytes come and however it is spaced", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.jsonValue({ maxDepth: 3 }).filter((value) => value !== undefined),
        { maxLength: 6 },
      ),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(undefined, 1, "\t\r\n "),
      (list, sizes, space) => {
        const { found, isWhole } = cut(JSON.stringify(list, null, space), sizes);
        expect(isWhole).toBe(true);
        expect(found.map((one) => JSON.parse(one ?? "0") as unknown)).toEqual(JSON.parse(JSON.stringify(list)));
      },
    ),
    { numRuns: 500 },
  );
});

it("gives a single object as its only element", () => {
  expect(cut('\ufeff {"a":"}]\\"["} ', [1])).toEqual({ found: ['{"a":"}]\\"["}'], isWhole: true });
});

describe("says that it is not whole", () => {
  it.each(['[{"a":1}', '[{"a":"', "[", '{"a":1', "", "  "])("%j", (text) => {
    expect(cut(text, [3]).isWhole).toBe(false);
  });
});

it("passes over an element that is too large, holding no more than it may, and goes on behind it", () => {
  const { found, isWhole } = cut(`[{"a":1},{"b":"${"x".repeat(5000)}"},{"c":3}]`, [64], 100);
  expect(found).toEqual(['{"a":1}', undefined, '{"c":3}']);
  expect(isWhole).toBe(true);
});

it.each(["nonsense", "5", '"text"', "]", "}{", "[]]]", "\u0000"])("finds nothing in %j and does not fail", (text) => {
  expect(cut(text, [1]).found.filter((one) => one?.startsWith("{"))).toEqual([]);
});
