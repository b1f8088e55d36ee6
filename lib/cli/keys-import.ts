import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type ImportReport, importKeys } from "@/lib/keys/import-keys";
import { aesCbcHex } from "@/lib/keys/old-forms/aes-cbc-hex";
import { aesGcmJson } from "@/lib/keys/old-forms/aes-gcm-json";
import { fernet } from "@/lib/keys/old-forms/fernet";
import { isNotOpened, type OpenOldForm } from "@/lib/keys/old-forms/old-form";
import { BadFile, readRows } from "@/lib/keys/read-rows";
import type { KeyToStore, StoredKey } from "@/lib/keys/store-keys";
import { Secret } from "@/lib/secret";

export const IMPORT_USAGE = `Usage: npm run keys -- import --from plaintext|aes-gcm-json|aes-cbc-hex|fernet --file rows.csv|rows.json
         [--secret-env NAME]   the variable that holds the older system's secret (IMPORT_SECRET)
         [--salt TEXT]         aes-gcm-json: for records without one; aes-cbc-hex: scrypt's salt ("salt")
         [--iterations N]      aes-gcm-json: PBKDF2's count (100000)
         [--digest sha256|sha512|sha1] [--encoding base64|hex]   aes-gcm-json (sha256, base64)
         [--dry-run] [--json]
Rows have user (e-mail address or id), provider and key.`;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const OPTIONS = {
  from: text,
  file: text,
  "secret-env": { ...text, default: "IMPORT_SECRET" },
  salt: text,
  iterations: { ...text, default: "100000" },
  digest: { ...text, default: "sha256" },
  encoding: { ...text, default: "base64" },
  "dry-run": flag,
  json: flag,
} as const;

type Options = ReturnType<typeof parseOptions>;
const parseOptions = (args: string[]) => parseArgs({ args, options: OPTIONS }).values;
const isOneOf = <T extends string>(list: readonly T[], one: string): one is T =>
  (list as readonly string[]).includes(one);

type StoreKeys = (keys: KeyToStore[], isDryRun: boolean) => Promise<StoredKey[]>;

/**
 * Reads and opens here, where the file and the older secret are, and has the keys stored where the database is.
 *
 * @returns the exit status: 1 when a row could not be imported, 2 for bad usage.
 */
export async function keysImport(args: string[], store: StoreKeys): Promise<number> {
  const options = optionsOf(args);
  const form = options && formOf(options);
  if (!options?.file || form === undefined) return say(IMPORT_USAGE, 2);
  if (options.from !== "plaintext" && !process.env[options["secret-env"]]) {
    return say(
      `Set ${options["secret-env"]} to the older system's secret, or name another variable with --secret-env.`,
      2,
    );
  }
  if (!existsSync(options.file)) return say(`There is no file ${options.file}.`, 1);
  try {
    const report = await importKeys({
      rows: readRows(readFileSync(options.file, "utf8")),
      open: form(),
      store: (keys) => store(keys, options["dry-run"]),
      onProgress: (done, total) => say(`${done} of ${total}`, 0),
    });
    console.log(
      options.json ? JSON.stringify({ dryRun: options["dry-run"], ...report }, null, 2) : inWords(report, options),
    );
    return report.counts.failed > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof BadFile) return say(error.message, 1);
    if (isNotOpened(error)) return say(`${options["secret-env"]} ${error.message}.`, 1);
    throw error;
  }
}

function optionsOf(args: string[]): Options | undefined {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!String((error as { code?: string }).code).startsWith("ERR_PARSE_ARGS")) throw error;
    return undefined;
  }
}

/** How to read the older form; undefined for bad usage. The secret comes from the environment: arguments show in `ps`. */
function formOf({ from, salt, digest, encoding, ...options }: Options): (() => OpenOldForm) | undefined {
  const name = options["secret-env"];
  const secret = process.env[name] ?? "";
  const iterations = Number(options.iterations);
  const isUsable =
    isOneOf(["sha256", "sha512", "sha1"], digest) &&
    isOneOf(["base64", "hex"], encoding) &&
    Number.isInteger(iterations) &&
    iterations > 0;
  if (!isUsable) return undefined;
  if (from === "plaintext") return () => (stored) => new Secret(stored);
  if (from === "aes-gcm-json") return () => aesGcmJson({ secret, salt, iterations, digest, encoding });
  if (from === "aes-cbc-hex") return () => aesCbcHex({ secret, salt: salt ?? "salt" });
  if (from === "fernet") return () => fernet({ secret });
  return undefined;
}

function inWords({ counts, notes }: ImportReport, options: Options): string {
  const { imported, unchanged, kept, failed } = counts;
  const did = options["dry-run"] ? "would be imported; nothing was written" : "imported";
  const lines = notes.map(({ row, user, provider, outcome, reason }) => {
    return `${outcome === "failed" ? "✗" : "–"} row ${row} (${user}, ${provider}) ${reason}`;
  });
  return [...lines, `${imported} ${did}; ${unchanged} unchanged; ${kept} kept; ${failed} failed`].join("\n");
}

function say(message: string, status: number): number {
  console.error(message);
  return status;
}
