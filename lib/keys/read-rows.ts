import { z } from "zod";
import { Secret } from "@/lib/secret";

/** One row of a file to import; `key` is what the older system stored, or the key itself. */
export type ImportRow = { row: number; user: string; provider: string; key: Secret };

/** A file that cannot be read as rows. The message quotes nothing of it. */
export class BadFile extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BadFile";
  }
}

const COLUMNS = ["user", "provider", "key"] as const;
const jsonRows = z.array(
  z.object({
    user: z.string(),
    provider: z.string(),
    key: z.union([z.string(), z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value))]),
  }),
);

/** Rows of a JSON array of objects, when the text begins like one, or else of CSV with a line of names. @throws BadFile */
export function readRows(text: string): ImportRow[] {
  const plain = text.replace(/^\uFEFF/, ""); // spreadsheets put it there
  const rows = /^\s*\[/.test(plain) ? readJson(plain) : readCsv(plain);
  return rows.map(({ user, provider, key }, index) => {
    const names = { user: user.trim(), provider: provider.trim().toLowerCase() };
    return { row: index + 1, ...names, key: new Secret(key.trim()) };
  });
}

function readJson(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadFile("The file is not valid JSON.");
  }
  const result = jsonRows.safeParse(value);
  if (result.success) return result.data;
  throw new BadFile("The file must be an array of objects with user, provider and key.");
}

function readCsv(text: string) {
  const [names = [], ...records] = parseCsv(text);
  const [user, provider, key] = COLUMNS.map((column) =>
    names.findIndex((name) => name.trim().toLowerCase() === column),
  );
  if (user === undefined || provider === undefined || key === undefined || Math.min(user, provider, key) < 0) {
    throw new BadFile("The first line must name the columns user, provider and key.");
  }
  return records.map((fields, index) => {
    if (fields.length !== names.length) {
      throw new BadFile(`Row ${index + 1} has ${fields.length} columns instead of ${names.length}.`);
    }
    return { user: fields[user] ?? "", provider: fields[provider] ?? "", key: fields[key] ?? "" };
  });
}

/** A field in quotes or a bare one, and what ends it: a comma, a line break or the end (RFC 4180, section 2). */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** Records of CSV. Empty lines are skipped. @throws BadFile at a stray quote. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length || record.length > 0) {
    const match = FIELD.exec(text);
    if (!match)
      throw new BadFile(`Row ${records.length} is not CSV: a quote is never closed, or something stands beside one.`);
    const [, quoted, bare = "", end] = match;
    record.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
    if (end === "") break;
  }
  return records;
}
