import { parseArgs } from "node:util";
import { examine, type Finding } from "./examine";

function line({ name, ok, detail, mend }: Finding): string {
  return ok ? `✓ ${name}: ${detail}` : `✗ ${name}: ${detail}\n  Mend: ${mend}`;
}

try {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  const findings = await examine();
  const ok = findings.every((finding) => finding.ok);
  console.log(values.json ? JSON.stringify({ ok, findings }, null, 2) : findings.map(line).join("\n"));
  process.exit(ok ? 0 : 1);
} catch (error) {
  if ((error as { code?: string }).code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") throw error;
  console.error("Usage: npm run doctor -- [--json]");
  process.exit(2);
}
