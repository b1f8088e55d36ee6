import { sql } from "drizzle-orm";
import { record } from "@/lib/audit/record";
import { db } from "@/lib/db/client";
import { preferences } from "@/lib/db/schema";
import { preferenceColumns } from "./columns";
import { defaultPreferences, type Preferences } from "./preferences";

/**
 * @param origin who changed them, for the account's security log
 * @returns the preferences as they are afterwards
 */
export async function setPreferences(
  userId: string,
  patch: Partial<Preferences>,
  origin: { address?: string; userAgent?: string | null } = {},
): Promise<Preferences> {
  return (await db()).transaction(async (tx) => {
    const [row] = await tx
      .insert(preferences)
      .values({ userId, ...defaultPreferences, ...patch })
      .onConflictDoUpdate({ target: preferences.userId, set: { ...patch, updatedAt: sql`now()` } })
      .returning(preferenceColumns);
    await record(tx, { userId, action: "preferences_changed", detail: patch, ...origin });
    return row ?? defaultPreferences;
  });
}
