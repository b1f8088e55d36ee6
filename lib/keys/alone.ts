import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { connection, type Db, rowsOf, type Tx } from "@/lib/db/client";
import { AppError } from "@/lib/errors";

/** Any fixed number: the advisory lock's name. */
const LOCK_ID = 7_240_274;
const LOCK_TRIES = 30;
const LOCK_WAIT_MS = 100;

const shared = globalThis as { __chatelaineRotating?: boolean };

/**
 * Lets one rotation, or retiring of a data key, run at a time. On Postgres by a lock that ends with its holder's
 * connection, waited for a moment, because the server may not yet have noticed that an earlier holder was killed; the
 * embedded database has one process.
 *
 * @throws AppError `conflict` when another one runs.
 */
export async function alone<T>(run: (db: Db, kind: "embedded" | "postgres") => Promise<T>): Promise<T> {
  const { db, kind } = await connection();
  if (shared.__chatelaineRotating) throw anotherRuns();
  shared.__chatelaineRotating = true;
  try {
    if (kind === "embedded") return await run(db, kind);
    return await db.transaction(async (tx) => {
      for (let tries = 1; !(await tryLock(tx)); tries++) {
        if (tries === LOCK_TRIES) throw anotherRuns();
        await delay(LOCK_WAIT_MS);
      }
      return await run(db, kind);
    });
  } finally {
    shared.__chatelaineRotating = false;
  }
}

async function tryLock(tx: Tx): Promise<boolean> {
  const result = await tx.execute(sql`select pg_try_advisory_xact_lock(${LOCK_ID}) as taken`);
  return rowsOf<{ taken: boolean }>(result)[0]?.taken === true;
}

const anotherRuns = () =>
  new AppError(
    "conflict",
    "Nothing was changed: another rotation is running on this database. Wait until it has ended.",
  );
