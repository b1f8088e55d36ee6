import "server-only";
import { join, resolve } from "node:path";
import type { ExtractTablesWithRelations, SQL } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT, PgTransaction } from "drizzle-orm/pg-core";
import { env } from "@/lib/env";
import { lockDataDir } from "./lock";
import * as schema from "./schema";

export type Db = PgDatabase<PgQueryResultHKT, typeof schema>;
export type Tx = PgTransaction<PgQueryResultHKT, typeof schema, ExtractTablesWithRelations<typeof schema>>;
/** For functions that run alone or inside a caller's transaction. */
export type DbOrTx = Db | Tx;

export type Connection = {
  db: Db;
  kind: "embedded" | "postgres";
  /** Hears what other processes `NOTIFY`, on one connection however many channels; the embedded database has no others. */
  listen?: (channel: string, onNotice: (payload: string) => void) => Promise<() => Promise<void>>;
  close: () => Promise<void>;
};

/** One client for the app, also across hot reloads and Next's separate bundles. */
const shared = globalThis as { __chatelaineDb?: Promise<Connection> };

export function connection(): Promise<Connection> {
  if (process.env.NEXT_PHASE === "phase-production-build") {
    throw new Error("A build must not open the database: mark the page dynamic.");
  }
  shared.__chatelaineDb ??= openConnection().catch((error: unknown) => {
    shared.__chatelaineDb = undefined; // a failed opening must not stay failed for ever
    throw error;
  });
  return shared.__chatelaineDb;
}

export const db = async (): Promise<Db> => (await connection()).db;

export async function closeConnection(): Promise<void> {
  const open = shared.__chatelaineDb;
  shared.__chatelaineDb = undefined;
  await (await open)?.close();
}

async function openConnection(): Promise<Connection> {
  const { DATABASE_URL, DATA_DIR } = env();
  return DATABASE_URL
    ? openPostgres(DATABASE_URL)
    : openEmbedded(resolve(/* turbopackIgnore: true */ process.cwd(), DATA_DIR));
}

export async function openPostgres(url: string, { max = 10 }: { max?: number } = {}): Promise<Connection> {
  const [{ default: postgres }, { drizzle }] = await Promise.all([
    import("postgres"),
    import("drizzle-orm/postgres-js"),
  ]);
  const client = postgres(url, {
    max,
    onnotice: () => {},
    connect_timeout: 10,
    connection: { application_name: "chatelaine" },
  });
  return {
    db: drizzle(client, { schema }) as unknown as Db,
    kind: "postgres",
    listen: async (channel, onNotice) => (await client.listen(channel, onNotice)).unlisten,
    close: () => client.end({ timeout: 5 }),
  };
}

async function openEmbedded(dataDir: string): Promise<Connection> {
  const unlock = await lockDataDir(dataDir);
  try {
    const [{ PGlite }, { drizzle }] = await Promise.all([import("@electric-sql/pglite"), import("drizzle-orm/pglite")]);
    const client = await PGlite.create(join(dataDir, "pg"));
    const close = async () => {
      await client.close();
      unlock();
    };
    return { db: drizzle(client, { schema }) as unknown as Db, kind: "embedded", close };
  } catch (error) {
    unlock();
    throw error;
  }
}

const preparedByDb = new WeakMap<Db, Map<string, unknown>>();

/**
 * A query of a hot path, built once a database and then only executed (performance.md, section 6: building costs four
 * times the CPU of the query itself).
 */
export function prepared<Query>(database: Db, name: string, build: (database: Db) => Query): Query {
  const queries = preparedByDb.get(database) ?? new Map<string, unknown>();
  preparedByDb.set(database, queries);
  const query = (queries.get(name) as Query | undefined) ?? build(database);
  queries.set(name, query);
  return query;
}

type RawQuery = { execute: (values: Record<string, unknown>) => Promise<unknown> };
type Internals = {
  dialect: { sqlToQuery: (query: SQL) => unknown };
  session: { prepareQuery: (query: unknown, fields: undefined, name: string, asArrays: false) => RawQuery };
};

/**
 * The same for SQL that the query builder cannot write. Drizzle's `execute()` neither keeps the text nor lets the server
 * keep the plan, so this takes the two steps that `execute()` takes inside, with a name.
 */
export function preparedSql(database: Db, name: string, query: () => SQL): RawQuery {
  return prepared(database, name, () => {
    const { dialect, session } = database as unknown as Internals;
    return session.prepareQuery(dialect.sqlToQuery(query()), undefined, name, false);
  });
}

/** SQLSTATE of a failed query, whichever driver threw it. */
export function sqlState(error: unknown): string | undefined {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

export const UNIQUE_VIOLATION = "23505";
/** Name of the unique index or constraint a failed query ran into. */
export function violatedConstraint(error: unknown): string | undefined {
  const cause = (error instanceof Error ? (error.cause ?? error) : {}) as {
    constraint?: string;
    constraint_name?: string;
  };
  return sqlState(error) === UNIQUE_VIOLATION ? (cause.constraint ?? cause.constraint_name) : undefined;
}

/** Rows of a raw `execute()`: postgres.js answers an array, PGlite an object with `rows`. */
export function rowsOf<Row>(result: unknown): Row[] {
  return (Array.isArray(result) ? result : (result as { rows: unknown[] }).rows) as Row[];
}
