import { asc, eq } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { publicColumns } from "./find-key";
import type { UserApiKey } from "./user-api-key";

/** What is known of all keys of a user, at most one a provider. */
export async function listKeys(userId: string): Promise<UserApiKey[]> {
  return await (await db())
    .select(publicColumns)
    .from(userApiKeys)
    .where(eq(userApiKeys.userId, userId))
    .orderBy(asc(userApiKeys.provider));
}
