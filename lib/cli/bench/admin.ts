import { sql } from "drizzle-orm";
import { openPostgres } from "@/lib/db/client";

/** Runs one statement as the server's administrator. */
export async function asAdmin(url: string, statement: string): Promise<void> {
  const admin = await openPostgres(url, { max: 1 });
  try {
    await admin.db.execute(sql.raw(statement));
  } finally {
    await admin.close();
  }
}
