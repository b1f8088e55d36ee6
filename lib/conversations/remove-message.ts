import { sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";
import { AppError } from "@/lib/errors";
import { leafOf, pathUp, subtree } from "./path";

/**
 * Deletes a message and all that hangs under it. When the path went through it, it goes on through what stood beside it,
 * the nearest older one first, or ends with the message above.
 *
 * @throws AppError `conflict` while an answer is being written under it; `not_found`, also for other people's.
 */
export async function removeMessage({
  id,
  userId,
  messageId,
}: {
  id: string;
  userId: string;
  messageId: string;
}): Promise<void> {
  const place = { id, userId };
  await (await db()).transaction(async (tx) => {
    // Locks the conversation, and raises its counter: a turn that was planned before does not find what it has seen.
    const claimed = rowsOf(
      await tx.execute(sql`
        update ai.conversations set last_seq = last_seq + 1
        where id = ${id}::uuid and user_id = ${userId}::uuid returning id`),
    );
    if (claimed.length === 0) throw new AppError("not_found", "There is no such message.");
    const [found] = rowsOf<{ parentId: string | null; running: boolean; onPath: boolean; besideId: string | null }>(
      await tx.execute(sql`
        with recursive ${pathUp({ ...place, from: leafOf(place) })},
        ${subtree({ ...place, messageId })}
        select m.parent_id as "parentId",
          exists (select from under where status = 'streaming') as running,
          exists (select from up where up.id = m.id) as "onPath",
          (select b.id from ai.messages b
            where b.user_id = m.user_id and b.conversation_id = m.conversation_id and b.id <> m.id
              and b.parent_id is not distinct from m.parent_id
            order by b.seq > m.seq, abs(b.seq - m.seq) limit 1) as "besideId"
        from ai.messages m
        where m.id = ${messageId}::uuid and m.user_id = ${userId}::uuid and m.conversation_id = ${id}::uuid`),
    );
    if (!found) throw new AppError("not_found", "There is no such message.");
    if (found.running) {
      const sentence = "An answer is still being written under this message. Stop it or wait for its end, then delete.";
      throw new AppError("conflict", sentence);
    }
    const { parentId, besideId } = found;
    const leaf = besideId
      ? sql`(with recursive ${subtree({ ...place, messageId: besideId })} select id from under order by seq desc limit 1)`
      : sql`${parentId}::uuid`;
    if (found.onPath) await tx.execute(sql`update ai.conversations set leaf_id = ${leaf} where id = ${id}::uuid`);
    await tx.execute(sql`
      with recursive ${subtree({ ...place, messageId })}
      delete from ai.messages m using under where m.id = under.id and m.user_id = ${userId}::uuid`);
  });
}
