import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const page = readFileSync(join(ROOT, "docs", "security-tests.md"), "utf8");
const rows = page
  .split("\n")
  .filter((line) => /^\| S\d/.test(line))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it("the table of security tests has each of S1 to S76 once, in order", () => {
  expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 76 }, (_, index) => `S${index + 1}`));
});

it.each(rows)("%s names tests that exist, or says that there are none yet", (_, what = "", figure = "", files = "") => {
  const named = [...files.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
  for (const path of named) {
    expect(path).toMatch(/\.test\.tsx?$/);
    expect(existsSync(join(ROOT, "__tests__", path)), path).toBe(true);
  }
  expect(named.length > 0, "a figure and a test go together").toBe(figure !== "");
  if (named.length === 0) expect(what).toContain("**not yet**");
});

it("says of all that is not tested yet which issue owns it, or that none does", () => {
  const open = rows.flatMap(([id, what = ""]) =>
    [...what.matchAll(/\*\*not yet\*\*(.{0,22})/gi)].map(([, by]) => [id, by]),
  );
  expect(open.length).toBeGreaterThan(0);
  expect(open.filter(([, by]) => !/^ \(#\d+(, #\d+)*\)|^, no issue owns it/.test(by ?? ""))).toEqual([]);
});

it("leads to the pages that it and SECURITY.md name, and README leads to SECURITY.md", () => {
  for (const name of ["SECURITY.md", "docs/security-tests.md"]) {
    const text = readFileSync(join(ROOT, name), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(existsSync(join(ROOT, name, "..", target)), `${name} links to ${target}`).toBe(true);
    }
  }
  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain("](SECURITY.md)");
});
