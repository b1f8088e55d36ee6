import { join } from "node:path";
import { max, sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { bigint, pgSchema } from "drizzle-orm/pg-core";
import { EnvError, env } from "@/lib/env";
import { type Connection, connection, type Db, openPostgres, rowsOf, sqlState } from "./client";

const MIGRATIONS = join(/* turbopackIgnore: true */ process.cwd(), "drizzle");
/** Any fixed number: the advisory lock's name. */
const LOCK_ID = 7_240_271;
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Brings the database to the newest schema; does nothing when it is there. Drizzle's migrator takes no lock, so several
 * instances that start at once queue up behind an advisory lock held on a connection of its own.
 */
export async function migrate(): Promise<void> {
  const { DATABASE_URL } = env();
  if (DATABASE_URL) await migratePostgres(DATABASE_URL);
  else await migrateEmbedded(await connection());
}

export async function migratePostgres(url: string): Promise<void> {
  const { migrate } = await import("drizzle-orm/postgres-js/migrator");
  const { db, close } = await openPostgres(url, { max: 1 });
  try {
    await db.execute(sql`select pg_advisory_lock(${LOCK_ID})`);
    // Drizzle's migrator asks for the right to make schemas even when there is nothing to do, and the app's role may
    // well lack it (docs/operating.md).
    if (!((await hasBeenMigrated(db)) && (await isMigrated(db)))) {
      await migrate(db as unknown as Parameters<typeof migrate>[0], { migrationsFolder: MIGRATIONS });
    }
    await db.execute(sql`select pg_advisory_unlock(${LOCK_ID})`);
  } catch (error) {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new EnvError(
      "DATABASE_URL: its role may not change tables, and this version needs to. Start once with the owner's role (docs/operating.md).",
    );
  } finally {
    await close(); // ends the session and with it the lock, also after a failure
  }
}

/** Needs no lock: one process owns the data folder. */
export async function migrateEmbedded({ db }: { db: Db } | Connection): Promise<void> {
  const { migrate } = await import("drizzle-orm/pglite/migrator");
  await migrate(db as unknown as Parameters<typeof migrate>[0], { migrationsFolder: MIGRATIONS });
}

/** Drizzle's own bookkeeping: `created_at` is the time the migration was generated at. */
const applied = pgSchema("drizzle").table("__drizzle_migrations", { madeAt: bigint("created_at", { mode: "number" }) });

async function hasBeenMigrated(database: Db): Promise<boolean> {
  const found = await database.execute(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as "isThere"`,
  );
  return rowsOf<{ isThere: boolean }>(found)[0]?.isThere ?? false;
}

/** Whether the database has the newest migration that this program knows. */
export async function isMigrated(database: Db): Promise<boolean> {
  const newest = Math.max(...readMigrationFiles({ migrationsFolder: MIGRATIONS }).map((file) => file.folderMillis));
  const [row] = await database.select({ newest: max(applied.madeAt) }).from(applied);
  return (row?.newest ?? 0) >= newest;
}
