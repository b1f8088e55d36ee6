import { eq } from "drizzle-orm";
import type { Db } from "@/lib/db/client";
import { dataKeys } from "@/lib/db/schema";
import { unwrapDataKey } from "./data-key";
import type { KekRing } from "./kek/kek";
import { lockDataKey, type StoredDataKey, unchanged } from "./lock-data-key";
import { wrappedColumns } from "./wrapped-columns";

/**
 * Lets a disabled data key read again; it never seals again.
 *
 * @throws AppError with the reason, before anything is written. A key that the configured ones do not unwrap stays
 *   disabled: with such a one in use no instance would start any more.
 */
export async function enableDataKey(db: Db, keks: KekRing, kid: string): Promise<void> {
  // A key store is asked before the transaction: the embedded database has one connection, and it must not wait.
  const [found] = await db.select(wrappedColumns).from(dataKeys).where(eq(dataKeys.kid, kid));
  const isReadable = found?.state === "disabled" && (await isUnwrapped(found, keks));
  await db.transaction(async (tx) => {
    const { state, kekId } = await lockDataKey(tx, kid);
    if (state === "destroyed") throw unchanged(`data key ${kid} was destroyed; nothing brings it back.`);
    if (state !== "disabled") throw unchanged(`data key ${kid} is not disabled.`);
    if (!isReadable) {
      throw unchanged(
        `data key ${kid} is wrapped by encryption key ${kekId}, and none of the configured keys unwraps it. ` +
          "Add that one to ENCRYPTION_KEY_PREVIOUS, restart every instance and run this again.",
      );
    }
    await tx.update(dataKeys).set({ state: "decrypt" }).where(eq(dataKeys.kid, kid));
  });
}

async function isUnwrapped(row: StoredDataKey, keks: KekRing): Promise<boolean> {
  const kek = keks.all.find(({ id }) => id === row.kekId);
  if (!kek) return false;
  try {
    await unwrapDataKey(row, kek);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "CryptoError") return false;
    throw error; // a key store that is away says so itself
  }
}
