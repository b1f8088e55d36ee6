import { and, eq, inArray, isNull, or } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type Attachment, attachmentColumns } from "./attachment";

type Claim = { userId: string; conversationId: string; ids: string[] };

/** The caller's, and not already a part of another conversation. */
const mine = ({ userId, conversationId, ids }: Claim) =>
  and(
    eq(attachments.userId, userId),
    inArray(attachments.id, ids),
    or(isNull(attachments.conversationId), eq(attachments.conversationId, conversationId)),
  );

/**
 * What the files of a question are, in the order of their ids.
 *
 * @throws AppError `not_found` when one of them is not there, somebody else's, or another conversation's.
 */
export async function describeAttachments(claim: Claim): Promise<Attachment[]> {
  if (claim.ids.length === 0) return [];
  const database = await db();
  return inOrder(claim.ids, await database.select(attachmentColumns).from(attachments).where(mine(claim)));
}

/** Makes them part of the conversation, which must exist and be the caller's. @throws AppError `not_found` as above. */
export async function claimAttachments(claim: Claim): Promise<void> {
  if (claim.ids.length === 0) return;
  const database = await db();
  const rows = await database
    .update(attachments)
    .set({ conversationId: claim.conversationId })
    .where(mine(claim))
    .returning(attachmentColumns);
  inOrder(claim.ids, rows);
}

function inOrder(ids: string[], rows: Attachment[]): Attachment[] {
  return ids.map((id) => {
    const row = rows.find((one) => one.id === id);
    if (!row) throw new AppError("not_found", "A file of this message is not there any more. Attach it again.");
    return row;
  });
}
