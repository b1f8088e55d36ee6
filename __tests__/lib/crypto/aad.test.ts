import fc from "fast-check";
import { expect, it } from "vitest";
import { aad } from "@/lib/crypto";

/** Short and from few letters, so that fields collide when anything lets them; the rest is what breaks joins. */
const field = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", '"', ",", "\\", "[", "]"), maxLength: 4 }),
  fc.constantFrom("", "\0", "é", "e\u0301", "\ud800", "\\ud800", "\ufffd", "😀", '","', "null"),
);
const fields = fc.tuple(field, field, field, field, field, field);
/** Half of the pairs are near each other: the same letters cut at another place. */
const pairs = fc.oneof(
  fc.tuple(fields, fields),
  fc.tuple(fields, fc.nat(5), fc.nat(4)).map(([one, at, cut]): [string[], string[]] => [one, moveBorder(one, at, cut)]),
);

function moveBorder(list: string[], at: number, cut: number): string[] {
  const joined = (list[at] ?? "") + (list[at + 1] ?? "");
  return at + 1 < list.length ? list.with(at, joined.slice(0, cut)).with(at + 1, joined.slice(cut)) : list;
}

it("S7 gives different bytes for different fields, over 100,000 pairs", () => {
  let different = 0;
  const property = fc.property(pairs, ([one, other]) => {
    const sameFields = one.every((value, i) => value === other[i]);
    different += Number(!sameFields);
    return aad(...one).equals(aad(...other)) === sameFields;
  });
  fc.assert(property, { numRuns: 150_000 });
  expect(different).toBeGreaterThanOrEqual(100_000);
});

it("S7 tells apart what joining would confuse", () => {
  expect(aad("a", "bc")).not.toEqual(aad("ab", "c"));
  expect(aad("a", "")).not.toEqual(aad("a"));
  expect(aad('a","b')).not.toEqual(aad("a", "b"));
  expect(aad("v1", "kid").toString()).toBe('["chatelaine","v1","kid"]');
});
