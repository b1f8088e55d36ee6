import { and, eq, ne } from "drizzle-orm";
import { type Db, db as openDb } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { unwrapDataKey, wrapDataKey } from "./data-key";
import { configuredKeks } from "./kek/env";
import type { KekRing } from "./kek/kek";
import { wrappedColumns } from "./wrapped-columns";

export type KekRotation = {
  /** The key encryption key that wraps everything now. */
  kekId: string;
  dataKeys: number;
  rewrapped: number;
  /** Disabled data keys whose KEK is not configured: nobody reads them, so they stay as they are. */
  left: number;
};

/**
 * Wraps every data key anew under the current ENCRYPTION_KEY, all in one transaction. Rows are not touched: they are
 * sealed under data keys, and those stay the same.
 *
 * @throws AppError `conflict`, before anything is written, when a data key in use is under a KEK that is not configured.
 */
export async function rotateKek({
  dryRun = false,
  db,
  keks,
}: {
  dryRun?: boolean;
  db?: Db;
  keks?: KekRing;
} = {}): Promise<KekRotation> {
  const database = db ?? (await openDb());
  const ring = keks ?? (await configuredKeks());
  const rows = await database.select(wrappedColumns).from(dataKeys).where(ne(dataKeys.state, "destroyed"));
  const due = rows.filter(({ kekId }) => kekId !== ring.primary.id);
  const byKek = new Map(ring.all.map((kek) => [kek.id, kek]));
  const readable = due.filter(({ kekId, state }) => byKek.has(kekId) || state !== "disabled");
  const report = {
    kekId: ring.primary.id,
    dataKeys: rows.length,
    rewrapped: readable.length,
    left: due.length - readable.length,
  };
  const lost = readable.find(({ kekId }) => !byKek.has(kekId));
  if (lost) throw kekMissing(lost.kekId, ring);
  // Key stores are asked before the transaction: the embedded database has one connection, and it must not wait.
  const changes = await Promise.all(
    readable.map(async (row) => {
      const key = await unwrapDataKey(row, byKek.get(row.kekId) ?? ring.primary);
      const bytes = key.export();
      try {
        const wrapped = await wrapDataKey(bytes, row.purpose, ring.primary);
        await unwrapDataKey(wrapped, ring.primary); // what cannot be read back must not replace what can
        return { row, wrapped };
      } finally {
        bytes.fill(0);
      }
    }),
  );
  if (dryRun || changes.length === 0) return report;
  await database.transaction(async (tx) => {
    for (const { row, wrapped } of changes) {
      const changed = await tx
        .update(dataKeys)
        .set({ wrapped: wrapped.wrapped, kekId: wrapped.kekId })
        .where(and(eq(dataKeys.kid, row.kid), eq(dataKeys.wrapped, row.wrapped)))
        .returning({ kid: dataKeys.kid });
      if (changed.length === 0) throw changedMeanwhile();
    }
  });
  return report;
}

const kekMissing = (kekId: string, { primary }: KekRing) =>
  new AppError(
    "conflict",
    `Nothing was changed: a data key is under encryption key ${kekId}, which is neither ENCRYPTION_KEY (${primary.id}) nor in ENCRYPTION_KEY_PREVIOUS. Add it there and run this again.`,
  );

const changedMeanwhile = () =>
  new AppError("conflict", "Nothing was changed: another rotation ran at the same moment. Run this again.");
