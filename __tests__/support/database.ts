import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { afterAll, inject } from "vitest";
import { type Connection, type Db, openPostgres } from "@/lib/db/client";
import * as schema from "@/lib/db/schema";

/**
 * A migrated, empty database of this test file's own: embedded by default, real PostgreSQL when TEST_DATABASE_URL was
 * given to the run. It is put where `db()` finds it and dropped when the file ends.
 */
export async function testDatabase(): Promise<Db> {
  const { templateDump, templateUrl } = inject("database");
  const open = templateUrl ? await openCopy(templateUrl) : await openDump(templateDump);
  (globalThis as { __chatelaineDb?: Promise<Connection> }).__chatelaineDb = Promise.resolve(open);
  afterAll(async () => {
    (globalThis as { __chatelaineDb?: Promise<Connection> }).__chatelaineDb = undefined;
    await open.close();
  });
  return open.db;
}

async function openDump(file: string): Promise<Connection> {
  const client = await PGlite.create({ loadDataDir: new Blob([await readFile(file)]) });
  return { db: drizzle(client, { schema }) as unknown as Db, kind: "embedded", close: () => client.close() };
}

async function openCopy(templateUrl: string): Promise<Connection> {
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const template = new URL(templateUrl).pathname.slice(1);
  await asAdmin(templateUrl, `create database ${name} template ${template}`);
  const url = new URL(templateUrl);
  url.pathname = `/${name}`;
  const open = await openPostgres(url.href);
  const close = async () => {
    await open.close();
    await asAdmin(templateUrl, `drop database ${name} with (force)`);
  };
  return { ...open, close };
}

export async function asAdmin(anyUrl: string, statement: string): Promise<void> {
  const url = new URL(anyUrl);
  url.pathname = "/postgres";
  const admin = await openPostgres(url.href, { max: 1 });
  try {
    await admin.db.execute(sql.raw(statement));
  } finally {
    await admin.close();
  }
}
