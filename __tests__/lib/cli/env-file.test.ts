import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { harmlessEnvironment, parseEnvFile, readEnvironment, settingNames } from "@/lib/cli/env-file.mjs";
import { ROOT } from "@/lib/cli/root.mjs";

it("reads plain, quoted and commented lines, expands nothing, and counts empty as unset", () => {
  const text = [
    "# comment",
    "PLAIN=abc+/= # why",
    "export QUOTED=\"with # and 'quotes'\"",
    "SINGLE='a b'",
    "DOLLAR=pa$$word",
    "HASH=postgres://u:p#1@h/db",
    "EMPTY=",
    "EMPTY_QUOTED=''",
    "TWICE=1\r",
    "TWICE=2",
    "no line of ours",
  ].join("\n");
  expect(parseEnvFile(text)).toEqual({
    PLAIN: "abc+/=",
    QUOTED: "with # and 'quotes'",
    SINGLE: "a b",
    DOLLAR: "pa$$word",
    HASH: "postgres://u:p#1@h/db",
    TWICE: "2",
  });
});

it("lets the process go before .env.local, and that before .env; empty and npm's own count as unset", async () => {
  const root = await mkdtemp(join(tmpdir(), "chatelaine-env-"));
  await writeFile(join(root, ".env"), "A=env\nB=env\nC=env\n");
  await writeFile(join(root, ".env.local"), "B=local\nC=local\n");
  const given = { C: "process", B: "", npm_config_cache: "x" };
  expect(readEnvironment({ root, given })).toEqual({ A: "env", B: "local", C: "process" });
});

it("names in .env.example exactly the settings that lib/env.ts reads, all empty", () => {
  const source = readFileSync(join(ROOT, "lib", "env.ts"), "utf8");
  const schema = source.slice(source.indexOf("const schema ="), source.indexOf(".superRefine"));
  const names = [...schema.matchAll(/^ {4}([A-Z][A-Z_]+):/gm)].map((match) => match[1]);
  expect(settingNames()).toEqual(names.filter((name) => name !== "NODE_ENV"));
  expect(readFileSync(join(ROOT, ".env.example"), "utf8")).not.toMatch(/^[A-Z_]+=./m);
});

it("keeps every setting of the operator from builds, tests and the demo", () => {
  const given = Object.fromEntries([...settingNames(), "PATH"].map((name) => [name, "x"]));
  const kept = harmlessEnvironment(given);
  expect(kept.PATH).toBe("x");
  for (const name of settingNames()) expect(kept).not.toHaveProperty(name);
});
