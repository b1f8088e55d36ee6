import { eq } from "drizzle-orm";
import type { Tx } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { WrappedDataKey } from "./data-key";
import { rowsUnder } from "./used-kids";
import { wrappedColumns } from "./wrapped-columns";

export type StoredDataKey = WrappedDataKey & { state: (typeof dataKeys.$inferSelect)["state"] };

/**
 * Holds one data key that seals stored keys until the transaction ends. Whoever seals under it counts that on this row
 * in the transaction that stores the result, so from here on no new row can name it unseen.
 *
 * @throws AppError `not_found` or `conflict`, with the reason.
 */
export async function lockDataKey(tx: Tx, kid: string): Promise<StoredDataKey> {
  const [row] = await tx.select(wrappedColumns).from(dataKeys).where(eq(dataKeys.kid, kid)).for("update");
  if (!row) {
    throw new AppError(
      "not_found",
      `Nothing was changed: there is no data key ${kid}. npm run keys -- status lists them.`,
    );
  }
  if (row.purpose === "enc") return row;
  const work = row.purpose === "mac" ? "makes the hashes by which keys are told apart" : "signs the security logs";
  throw unchanged(`data key ${kid} ${work} and seals no stored key, so it is never retired.`);
}

/**
 * @param remedy what gets stored keys out from under it.
 * @throws AppError `conflict` while a stored key, or one that was replaced a moment ago, needs the data key.
 */
export async function refuseWhileNamed(tx: Tx, kid: string, remedy: string): Promise<void> {
  const { stored, replaced } = await rowsUnder(tx, kid);
  if (stored > 0) {
    throw unchanged(`${keys(stored)} sealed under data key ${kid} and would not open any more. ${remedy}`);
  }
  if (replaced > 0) {
    throw unchanged(
      `${keys(replaced)} under data key ${kid} that a newer one replaced within the last 15 minutes; their owners may still put them back. Run this again in a quarter of an hour.`,
    );
  }
}

const keys = (count: number) => (count === 1 ? "1 key is" : `${count} keys are`);

export const unchanged = (reason: string) => new AppError("conflict", `Nothing was changed: ${reason}`);
