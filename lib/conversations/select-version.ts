import { sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";
import { AppError } from "@/lib/errors";
import { leafOf, pathUp, subtree } from "./path";

/**
 * Makes the path go through a message, and on to the newest that hangs under it. A message that the path goes through
 * already changes nothing.
 *
 * @throws AppError `not_found`, also for other people's.
 */
export async function selectVersion({
  id,
  userId,
  messageId,
}: {
  id: string;
  userId: string;
  messageId: string;
}): Promise<void> {
  const place = { id, userId };
  const [found] = rowsOf<{ id: string }>(
    await (await db()).execute(sql`
      with recursive ${pathUp({ ...place, from: leafOf(place) })},
      ${subtree({ ...place, messageId })},
      newest as (select id from under order by seq desc limit 1)
      update ai.conversations c
      set leaf_id = case when exists (select from up where up.id = ${messageId}::uuid) then c.leaf_id else newest.id end
      from newest where c.id = ${id}::uuid and c.user_id = ${userId}::uuid
      returning c.id`),
  );
  if (!found) throw new AppError("not_found", "There is no such message.");
}
