import { randomUUID } from "node:crypto";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { requireRoom } from "./room";

/**
 * Copies sent files for another conversation, which then keeps them whatever becomes of the first.
 *
 * @returns the new id of each that was still there.
 * @throws AppError `payload_too_large` when an account has no room for them.
 */
export async function copyAttachments(
  tx: Tx,
  { userId, ids, conversationId }: { userId: string; ids: string[]; conversationId: string },
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const found = await tx
    .select({ id: attachments.id, size: attachments.size })
    .from(attachments)
    .where(and(eq(attachments.userId, userId), inArray(attachments.id, ids)));
  await requireRoom(tx, { userId, sizes: found.map(({ size }) => size) });
  const copies = new Map(found.map(({ id }) => [id, randomUUID() as string]));
  for (const [id, newId] of copies) {
    await tx.execute(sql`
      insert into ai.attachments (id, user_id, conversation_id, name, media_type, size, bytes)
      select ${newId}::uuid, user_id, ${conversationId}::uuid, name, media_type, size, bytes
      from ai.attachments where id = ${id}::uuid and user_id = ${userId}::uuid`);
  }
  return copies;
}
