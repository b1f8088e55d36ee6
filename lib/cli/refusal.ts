import { type Db, sqlState } from "@/lib/db/client";
import { DataDirLockedError } from "@/lib/db/lock";
import { isMigrated } from "@/lib/db/migrate";
import { ServerRefusal } from "./admin-client";

/** Something the operator can mend. */
export class Refusal extends Error {
  readonly status: 1 | 2;
  constructor(message: string, status: 1 | 2 = 1) {
    super(message);
    this.status = status;
  }
}

/** @throws Refusal when the app has not yet run on the database, or a newer one has. */
export async function requireMigrated(database: Db): Promise<void> {
  if (!(await isMigrated(database).catch(falseWithoutTables))) {
    throw new Refusal("The database is not of this version: npm start brings it up to date.");
  }
}

function falseWithoutTables(error: unknown): false {
  if (["42P01", "3F000"].includes(sqlState(error) ?? "")) return false; // no such table, no such schema
  throw error;
}

/** What the operator is told of an error; undefined for a fault of ours. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof DataDirLockedError) {
    return new Refusal(
      "Another process holds the embedded database and takes no commands. Stop it, or try again in a moment.",
    );
  }
  const isTold = error instanceof ServerRefusal || (error instanceof Error && /^(AppError|EnvError)$/.test(error.name));
  if (isTold) return new Refusal(error.message);
  // The drivers' own texts quote addresses and statements.
  const code = sqlState(error);
  return code ? new Refusal(`It could not be done (${code}): check DATABASE_URL and the files named.`) : undefined;
}
