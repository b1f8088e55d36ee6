import { eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";

/** Changes what a person is called. Nothing hangs on it: it is shown to nobody else. */
export async function rename({ userId, name }: { userId: string; name: string | null }): Promise<void> {
  await (await db()).update(users).set({ name, updatedAt: sql`now()` }).where(eq(users.id, userId));
}
