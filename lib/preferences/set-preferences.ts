import { sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { preferences } from "@/lib/db/schema";
import { defaultPreferences, type Preferences } from "./preferences";

/** @returns the preferences as they are afterwards */
export async function setPreferences(userId: string, patch: Partial<Preferences>): Promise<Preferences> {
  const [row] = await (await db())
    .insert(preferences)
    .values({ userId, ...defaultPreferences, ...patch })
    .onConflictDoUpdate({ target: preferences.userId, set: { ...patch, updatedAt: sql`now()` } })
    .returning({ sharedKey: preferences.sharedKey });
  return row ?? defaultPreferences;
}
