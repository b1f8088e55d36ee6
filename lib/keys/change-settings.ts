import { and, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type KeyOwner, publicColumns } from "./find-key";
import type { KeySettings } from "./key-settings";
import type { UserApiKey } from "./user-api-key";

/** Puts other settings beside a key and leaves the key alone. @throws AppError `not_found` when there is no row */
export async function changeSettings({
  userId,
  provider,
  settings,
}: KeyOwner & { settings: KeySettings }): Promise<UserApiKey> {
  const [row] = await (await db())
    .update(userApiKeys)
    .set({ settings, updatedAt: sql`now()` })
    .where(and(eq(userApiKeys.userId, userId), eq(userApiKeys.provider, provider)))
    .returning(publicColumns);
  if (!row) throw new AppError("not_found", "You have no key of this provider.");
  return row;
}
