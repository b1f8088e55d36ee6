import { eq } from "drizzle-orm";
import type { Tx } from "@/lib/db/client";
import { users } from "@/lib/db/schema";

/** Deletes an account's row and, by their references to it, all rows that belong to it; the security log has none. */
export async function removeUser(tx: Tx, userId: string): Promise<void> {
  await tx.delete(users).where(eq(users.id, userId));
}
