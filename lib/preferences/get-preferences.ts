import { eq, sql } from "drizzle-orm";
import { type Db, db, prepared } from "@/lib/db/client";
import { preferences } from "@/lib/db/schema";
import { preferenceColumns } from "./columns";
import { defaultPreferences, type Preferences } from "./preferences";

export async function getPreferences(userId: string): Promise<Preferences> {
  const [row] = await findPreferences(await db()).execute({ userId });
  return row ?? defaultPreferences;
}

const findPreferences = (database: Db) =>
  prepared(database, "find_preferences", (on) =>
    on
      .select(preferenceColumns)
      .from(preferences)
      .where(eq(preferences.userId, sql.placeholder("userId")))
      .prepare("find_preferences"),
  );
