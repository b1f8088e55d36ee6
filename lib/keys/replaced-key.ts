import { sql } from "drizzle-orm";
import { replacedKeys } from "@/lib/db/schema";

/** As long as a replacement can be undone. */
export const UNDO_MINUTES = 15;

const keptFor = sql`make_interval(mins => ${sql.raw(String(UNDO_MINUTES))})`;

/** By the database's clock, like every time that several instances must agree on. */
export const isUndoable = sql<boolean>`${replacedKeys.replacedAt} > now() - ${keptFor}`;

/**
 * Until when the key before can be put back; null when there is none. Written out, because Drizzle leaves the table's
 * name off in `returning`, and the columns would be taken for the inner table's.
 */
export const undoUntil = sql<Date | null>`(
  select r.replaced_at + ${keptFor} from ai.replaced_keys r
  where r.user_id = user_api_keys.user_id and r.provider = user_api_keys.provider and r.replaced_at > now() - ${keptFor}
)`.mapWith(replacedKeys.replacedAt);
