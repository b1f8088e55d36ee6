import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const FOLDER = join(import.meta.dirname, "../fixtures/vectors");

export const packedVectors = (name: string): Buffer => readFileSync(join(FOLDER, name));
export const vectors = (name: string): Buffer =>
  name.endsWith(".gz") ? gunzipSync(packedVectors(name)) : packedVectors(name);

/** The cases of a `name = value` file, each with its section's `[name = value]` lines; a bare FAIL becomes a field. */
export function parseVectors(text: string): Record<string, string>[] {
  const sections: Record<string, string> = {};
  const cases: Record<string, string>[] = [];
  let current: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, bracket, name, value = ""] = /^(\[?)(\w+)\s*=?\s*([^\]]*?)\]?$/.exec(line) ?? [];
    if (!name) continue;
    if (bracket) {
      sections[name] = value;
      current = undefined;
    } else if (!current || name in current) {
      current = { ...sections, [name]: value }; // a name that comes again opens the next case
      cases.push(current);
    } else current[name] = value;
  }
  return cases;
}

export const hex = (text: string | undefined): Buffer => Buffer.from(text ?? "", "hex");
