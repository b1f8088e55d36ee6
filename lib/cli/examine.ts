import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { sql } from "drizzle-orm";
import { connection, type Db } from "@/lib/db/client";
import { DataDirLockedError, lockDataDir } from "@/lib/db/lock";
import { dataKeys } from "@/lib/db/schema";
import { type Env, EnvError, env, parseEnv } from "@/lib/env";
import { encryptionKeys } from "@/lib/keyring/kek/env";
import { isKeyStoreAway } from "@/lib/keyring/kek/key-store-away-error";
import { keyring } from "@/lib/keyring/open-keyring";

/** One thing looked at. `mend` says what to do when it is not ok. */
export type Finding = { name: string; ok: boolean; detail: string; mend?: string };

const TIMEOUT_MS = 5_000;
const fine = (name: string, detail: string): Finding => ({ name, ok: true, detail });
const fault = (name: string, detail: string, mend: string): Finding => ({ name, ok: false, detail, mend });

/** Looks at everything the app needs to run. Writes nothing and prints no setting's value. */
export async function examine(source: Record<string, string | undefined> = process.env): Promise<Finding[]> {
  const configuration = await examineConfiguration(source);
  const files = examineSecretsFile();
  if (!configuration.ok) return [configuration, ...files];
  const settings = env();
  const [app, database, provider] = await Promise.all([
    examineApp(settings),
    examineDatabase(settings),
    examineProvider(settings),
  ]);
  return [configuration, ...files, ...database, ...provider, app];
}

async function examineConfiguration(source: Record<string, string | undefined>): Promise<Finding> {
  try {
    await encryptionKeys(parseEnv(source));
    return fine("configuration", "every setting is valid");
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    return fault("configuration", error.message, "Mend the settings named, in .env.local or the environment");
  }
}

function examineSecretsFile(): Finding[] {
  if (!existsSync(".env.local")) return [];
  const open = statSync(".env.local").mode & 0o077;
  return open
    ? [fault("secrets file", "other users of this machine can read .env.local", "chmod 600 .env.local")]
    : [fine("secrets file", ".env.local is yours alone")];
}

async function examineApp({ PORT, NEXT_PUBLIC_APP_URL }: Env): Promise<Finding> {
  const name = "app";
  const status = await statusOf(`http://localhost:${PORT}/api/health`);
  if (status === undefined) return fine(name, `not running on port ${PORT}; it would be ${NEXT_PUBLIC_APP_URL}`);
  if (status !== 200) return fault(name, `port ${PORT} answers ${status}`, "Another program uses that port: set PORT");
  const outside = await statusOf(`${NEXT_PUBLIC_APP_URL}/api/health`);
  if (outside === 200) return fine(name, `runs on ${NEXT_PUBLIC_APP_URL}`);
  return fault(
    name,
    `runs on port ${PORT}, but ${NEXT_PUBLIC_APP_URL} answers ${outside ?? "nothing"}`,
    "Set NEXT_PUBLIC_APP_URL to the address people use, and lead that address to this port",
  );
}

async function examineDatabase(settings: Env): Promise<Finding[]> {
  if (settings.DATABASE_URL) return examineOpenDatabase("PostgreSQL", "Check DATABASE_URL and that the server runs");
  const dataDir = resolve(settings.DATA_DIR);
  if (!existsSync(join(dataDir, "pg"))) return [fine("database", "not there yet; npm start makes it")];
  try {
    (await lockDataDir(dataDir))();
  } catch (error) {
    if (error instanceof DataDirLockedError) return [await askServer(settings.PORT)];
    throw error;
  }
  return examineOpenDatabase("the embedded database", `Restore ${settings.DATA_DIR} from a backup`);
}

/** Only the process that holds the embedded database may open it, so the running server is asked. */
async function askServer(port: number): Promise<Finding> {
  const name = "database";
  const status = await statusOf(`http://localhost:${port}/api/health/ready`);
  if (status === 200) return fine(name, "the running server says: open, migrated, encryption keys complete");
  return status === undefined
    ? fault(name, `in use by a process that does not answer on port ${port}`, "Set PORT to the running server's port")
    : fault(
        name,
        `the running server is not ready (${status})`,
        "Stop it and run the doctor again: it then looks itself",
      );
}

async function examineOpenDatabase(kind: string, mend: string): Promise<Finding[]> {
  try {
    const { db, close } = await connection();
    try {
      const migrations = await examineMigrations(db);
      const rest = migrations.ok ? [...(await examineKeys(db)), await examineAuditRights(db)] : [];
      return [fine("database", `${kind} answers`), migrations, ...rest];
    } finally {
      await close();
    }
  } catch (error) {
    // The drivers' own texts quote addresses and statements.
    return [fault("database", `${kind} does not open (${codeOf(error)})`, mend)];
  }
}

async function examineMigrations(db: Db): Promise<Finding> {
  const name = "migrations";
  const { entries } = JSON.parse(readFileSync(join("drizzle", "meta", "_journal.json"), "utf8")) as {
    entries: unknown[];
  };
  const done = await numberOf(
    db,
    sql`select case when to_regclass('drizzle.__drizzle_migrations') is null then 0 else 1 end as n`,
  );
  const count = done === 0 ? 0 : await numberOf(db, sql`select count(*)::int as n from drizzle.__drizzle_migrations`);
  if (count === entries.length) return fine(name, `all ${count} done`);
  return count < entries.length
    ? fault(name, `${entries.length - count} of ${entries.length} not done`, "npm start runs them")
    : fault(name, "the database was migrated by a newer version", "Start that version, or restore a backup of before");
}

async function examineKeys(db: Db): Promise<Finding[]> {
  const name = "encryption keys";
  if ((await db.select({ kid: dataKeys.kid }).from(dataKeys).limit(1)).length === 0) {
    return [fine(name, "none in use yet")];
  }
  try {
    const missing = await (await keyring()).missing();
    if (missing.length === 0) return [fine(name, "all there and they open")];
    return missing.map(({ kid, rows }) =>
      fault(name, `data key ${kid} is missing: ${rows} stored keys cannot be read`, "Restore its row in ai.data_keys"),
    );
  } catch (error) {
    if (isKeyStoreAway(error))
      return [fault(name, "the key store does not answer", "Check that it runs and is unsealed")];
    if (!(error instanceof Error && error.name === "EnvError")) throw error;
    return [fault(name, error.message, "Use the ENCRYPTION_KEY this database was written under")];
  }
}

/** No fault: changed events are found either way (npm run audit), only later than by a refusal. */
export async function examineAuditRights(db: Db): Promise<Finding> {
  const rights = sql`select count(*)::int as n from unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as one(kind)
    where has_table_privilege('ai.audit_events', kind)`;
  return (await numberOf(db, rights)) === 0
    ? fine("security log", "the app's database role can add events, and change none")
    : fine("security log", "the app's database role could change events; docs/operating.md shows one that cannot");
}

async function examineProvider({ OPENROUTER_URL, OPENROUTER_API_KEY }: Env): Promise<Finding[]> {
  const status = await statusOf(`${OPENROUTER_URL}/api/v1/models`);
  if (status !== 200) {
    const mend = "Check the network and OPENROUTER_URL; its state stands on status.openrouter.ai";
    return [fault("OpenRouter", `${OPENROUTER_URL} answers ${status ?? "nothing"}`, mend)];
  }
  const reached = fine("OpenRouter", `${OPENROUTER_URL} answers`);
  if (!OPENROUTER_API_KEY) return [reached, fine("shared key", "none: everybody needs a key of their own")];
  const headers = { authorization: `Bearer ${OPENROUTER_API_KEY}` };
  const accepted = await statusOf(`${OPENROUTER_URL}/api/v1/key`, headers);
  if (accepted === 200) return [reached, fine("shared key", "OpenRouter accepts it")];
  return [reached, fault("shared key", `OpenRouter answers ${accepted ?? "nothing"}`, "Replace OPENROUTER_API_KEY")];
}

/** @returns undefined when nobody answers in time. */
async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  try {
    const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

async function numberOf(db: Db, query: ReturnType<typeof sql>): Promise<number> {
  const result = (await db.execute(query)) as unknown as { n: number }[] | { rows: { n: number }[] };
  const rows = Array.isArray(result) ? result : result.rows;
  return rows[0]?.n ?? 0;
}

function codeOf(error: unknown): string {
  const chain = [error, (error as { cause?: unknown } | undefined)?.cause];
  const codes = chain.map((link) => (link as { code?: unknown } | undefined)?.code);
  return String(codes.find((code) => typeof code === "string") ?? "unknown reason");
}
