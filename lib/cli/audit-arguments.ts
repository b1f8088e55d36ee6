import { parseArgs } from "node:util";

export const AUDIT_USAGE = `Usage: npm run audit -- verify [--user EMAIL_OR_ID] [--heads FILE|-] [--json]
       npm run audit -- export [--user EMAIL_OR_ID] [--out FILE]`;

export type AuditArguments =
  | { command: "verify"; user?: string; heads?: string; json: boolean }
  | { command: "export"; user?: string; out?: string };

/** @returns undefined when they are not as the usage says. */
export function readAuditArguments(args: string[]): AuditArguments | undefined {
  try {
    const text = { type: "string" } as const;
    const options = { user: text, heads: text, out: text, json: { type: "boolean" } } as const;
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    const { user, heads, out, json } = values;
    if (positionals.length !== 1 || [user, heads, out].includes("")) return undefined;
    const [command] = positionals;
    if (command === "verify" && out === undefined) return { command, user, heads, json: json ?? false };
    if (command === "export" && heads === undefined && json === undefined) return { command, user, out };
    return undefined;
  } catch (error) {
    if (!String((error as { code?: string }).code).startsWith("ERR_PARSE_ARGS")) throw error;
    return undefined;
  }
}
