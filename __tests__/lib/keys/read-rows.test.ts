import { expect, it } from "vitest";
import { parseCsv, readRows } from "@/lib/keys/read-rows";

const shown = (text: string) => readRows(text).map(({ key, ...row }) => ({ ...row, key: key.reveal() }));
const row = (number: number, user: string, provider: string, key: string) => ({ row: number, user, provider, key });

it("reads CSV whatever the order of its columns, and passes others by", () => {
  expect(shown("key,name,user,provider\r\nk-1,Ada,ada@example.org,OpenRouter\r\nk-2,Bob, b@example.org ,xai")).toEqual([
    row(1, "ada@example.org", "openrouter", "k-1"),
    row(2, "b@example.org", "xai", "k-2"),
  ]);
});

it.each([
  ["commas, quotes and line breaks in quotes", 'a,"b,""c""\r\nd",e', [["a", 'b,"c"\r\nd', "e"]]],
  ["empty fields, quoted or not", ',"",x\n', [["", "", "x"]]],
  ["an empty field at the end", "a,b,", [["a", "b", ""]]],
  ["no line break at the end", "a\nb", [["a"], ["b"]]],
  [
    "empty lines",
    "a,b\n\n\nc,d\n\n",
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["nothing", "", []],
] as const)("RFC 4180: %s", (_, text, records) => {
  expect(parseCsv(text)).toEqual(records);
});

it.each(['a,"b', 'a,"b"c', 'a"b,c', 'a,b"\n'])("refuses a quote that stands where none may: %j", (text) => {
  expect(() => parseCsv(text)).toThrow(/Row 0 is not CSV/);
});

it("reads a JSON array, with a key as text or as the object an older system stored; a byte order mark does no harm", () => {
  const key = { iv: "a", ciphertext: "b" };
  const text = JSON.stringify([
    { user: "a", provider: "xai", key: "k", id: 7 },
    { user: "b", provider: "xai", key },
  ]);
  expect(shown(`\uFEFF${text}`)).toEqual([row(1, "a", "xai", "k"), row(2, "b", "xai", JSON.stringify(key))]);
});

it.each([
  ["no names of columns", "ada@example.org,openrouter,sk-or-v1-secret", "must name the columns"],
  ["a column missing", "user,key\na,sk-or-v1-secret", "must name the columns"],
  ["a row too short", "user,provider,key\na,sk-or-v1-secret", "Row 1 has 2 columns instead of 3"],
  ["broken JSON", '[{"key": "sk-or-v1-secret"', "not valid JSON"],
  ["JSON without users", '[{"key": "sk-or-v1-secret"}]', "array of objects"],
  ["an empty file", "", "must name the columns"],
])("refuses %s, and quotes nothing of the file", (_, text, message) => {
  let error: unknown;
  try {
    readRows(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ name: "BadFile", message: expect.stringContaining(message) });
  expect((error as Error).message).not.toContain("sk-or");
});

it("keeps keys out of sight while they wait", () => {
  expect(JSON.stringify(readRows("user,provider,key\na,xai,xai-secret"))).not.toContain("xai-secret");
});
