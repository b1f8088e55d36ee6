import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "@/lib/cli/root.mjs";

const fixture = (name: string) =>
  readFileSync(join(ROOT, "__tests__", "fixtures", name), "utf8")
    .trimEnd()
    .split("\n");
const bad = fixture("statements-with-secrets.txt");
const good = fixture("statements-without-secrets.txt");

/** Lints one statement a line with the project's own settings; tells which lines the rule refuses. */
function refusedLines(statements: string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), "chatelaine-lint-"));
  try {
    const settings = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
    writeFileSync(join(folder, "biome.json"), JSON.stringify({ plugins: settings.plugins }));
    mkdirSync(join(folder, "lib", "cli"), { recursive: true });
    cpSync(join(ROOT, "lib", "cli", "no-secrets.grit"), join(folder, "lib", "cli", "no-secrets.grit"));
    writeFileSync(join(folder, "lib", "snippets.ts"), statements.map((line) => `{ ${line} }`).join("\n"));
    const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
    const args = ["lint", "--reporter=github", "--max-diagnostics=none", "lib/snippets.ts"];
    const output = lint([biome, ...args], folder);
    const lines = [...output.matchAll(/^::error title=plugin[^\n]*?line=(\d+)/gm)].map((match) => Number(match[1]));
    return [...new Set(lines)].sort((a, b) => a - b);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Exit status 1 only says that there was something to say. */
function lint(args: string[], cwd: string): string {
  try {
    return execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

it("S26: refuses 25 of 25 statements that would print, serialise or throw a secret", () => {
  expect(bad).toHaveLength(25);
  expect(refusedLines(bad)).toEqual(bad.map((_, index) => index + 1));
});

it("S26: lets 25 of 25 harmless statements pass", () => {
  expect(good).toHaveLength(25);
  expect(refusedLines(good)).toEqual([]);
});
