import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";
import { migrationDrift } from "@/lib/cli/check.mjs";
import { pickNode } from "@/lib/cli/node-runtime.mjs";
import { ROOT } from "@/lib/cli/root.mjs";

it("finds a column that the schema has and no migration makes", async () => {
  const folder = mkdtempSync(join(ROOT, "node_modules", ".drift-")); // beside the packages the schema imports
  try {
    cpSync(join(ROOT, "lib", "db", "schema"), folder, { recursive: true });
    const file = join(folder, "auth.ts");
    const source = readFileSync(file, "utf8");
    writeFileSync(file, source.replace('email: text("email")', 'shoeSize: text("shoe_size"), email: text("email")'));
    const drift = await migrationDrift(pickNode(), `./${relative(ROOT, join(folder, "index.ts"))}`);
    expect(drift.status).toBe(1);
    expect(drift.output).toContain('ADD COLUMN "shoe_size" text');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
