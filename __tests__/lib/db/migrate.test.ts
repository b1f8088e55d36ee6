import { is, sql } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { expect, inject, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { connection } from "@/lib/db/client";
import { migrateEmbedded, migratePostgres } from "@/lib/db/migrate";
import * as schema from "@/lib/db/schema";

const db = await testDatabase();

async function only<Row>(query: ReturnType<typeof sql>): Promise<Row | undefined> {
  const result = await db.execute(query);
  return ((Array.isArray(result) ? result : (result as unknown as { rows: unknown[] }).rows) as Row[])[0];
}

it("creates every table of the schema, and changes nothing when run again, also three times at once", async () => {
  const { templateUrl } = inject("database");
  if ((await connection()).kind === "embedded") await migrateEmbedded({ db });
  else {
    const url = new URL(templateUrl ?? "");
    url.pathname = `/${(await only<{ name: string }>(sql`select current_database() as name`))?.name}`;
    await Promise.all([1, 2, 3].map(() => migratePostgres(url.href)));
  }
  const tables = Object.values(schema).filter((value) => is(value, PgTable)).length;
  const found = await only<{ n: number }>(
    sql`select count(*)::int as n from information_schema.tables where table_schema = 'ai'`,
  );
  expect(found?.n).toBe(tables);
});
