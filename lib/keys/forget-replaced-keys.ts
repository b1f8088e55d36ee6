import { not } from "drizzle-orm";
import type { Db } from "@/lib/db/client";
import { replacedKeys } from "@/lib/db/schema";
import { isUndoable } from "./replaced-key";

/** Deletes the replaced keys that can no longer be put back. */
export async function forgetReplacedKeys(db: Db): Promise<void> {
  await db.delete(replacedKeys).where(not(isUndoable));
}
