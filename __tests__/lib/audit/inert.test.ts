import { expect, it } from "vitest";
import { inertDetail, inertText } from "@/lib/audit/inert";

it.each([
  ["line ends", "a\r\nb\n2026 key_removed", "ab2026 key_removed"],
  ["terminal colours", "\x1b[31mred\x1b[0m", "[31mred[0m"],
  ["C1 controls", "a\x9b31mb", "a31mb"],
  ["NUL, which the database refuses", "a\0b", "ab"],
  ["direction marks", "abc\u202etxt.exe", "abctxt.exe"],
  ["invisible characters", "a\u200b\ufeffb", "ab"],
  ["line separators", "a\u2028b\u2029c", "abc"],
  ["half a character", "a\ud800b", "a\ufffdb"],
])("S71 takes %s out", (_, text, kept) => {
  expect(inertText(text)).toBe(kept);
});

it("S71 keeps ordinary text, markup included: pages show it as text", () => {
  for (const text of ["Mozilla/5.0 (X11; Linux x86_64) <b>hi</b>", "Зоя 😀 naïve", "2001:db8::1"])
    expect(inertText(text)).toBe(text);
});

it("S71 cuts a megabyte to 200 characters in under five milliseconds", () => {
  const long = "word ".repeat(2 ** 18);
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    expect(inertText(long)).toHaveLength(200);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(5);
});

it("keeps nothing with the shape of a key", () => {
  const key = `sk-or-v1-${"0123456789abcdef".repeat(4)}`;
  expect(JSON.stringify(inertDetail({ label: `my ${key}`, model: "openrouter:a/b" }))).toBe(
    '{"label":"my [redacted]","model":"openrouter:a/b"}',
  );
  expect(inertText(`agent ${key}`)).not.toContain("0123456789");
});

it("keeps a long model id whole", () => {
  const model = "openrouter:nousresearch/hermes-3-llama-3-1-405b-instruct-extended";
  expect(inertDetail({ model })).toEqual({ model });
});

it("keeps whole numbers, booleans and null, and writes every other value as text", () => {
  const detail = { n: 5, yes: true, none: null, usd: 0.1, big: 2 ** 60, nan: Number.NaN };
  expect(inertDetail(detail)).toEqual({ n: 5, yes: true, none: null, usd: "0.1", big: String(2 ** 60), nan: "NaN" });
});

it("keeps at most twenty fields, and their names are inert too", () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`\x1b${i}`, i]));
  expect(Object.keys(inertDetail(many))).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
});
