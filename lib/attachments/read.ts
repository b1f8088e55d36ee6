import { and, eq, inArray } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type Attachment, attachmentColumns } from "./attachment";

export type AttachmentBytes = Attachment & { bytes: Uint8Array };

/** @throws AppError `not_found`, also for other people's. */
export async function readAttachment({ id, userId }: { id: string; userId: string }): Promise<AttachmentBytes> {
  const [row] = await readAttachments({ ids: [id], userId });
  if (!row) throw new AppError("not_found", "There is no such file.");
  return row;
}

/** Those of the ids that are the user's and still here, with their bytes: ask for few at a time. */
export async function readAttachments({ ids, userId }: { ids: string[]; userId: string }): Promise<AttachmentBytes[]> {
  if (ids.length === 0) return [];
  const database = await db();
  return database
    .select({ ...attachmentColumns, bytes: attachments.bytes })
    .from(attachments)
    .where(and(eq(attachments.userId, userId), inArray(attachments.id, ids)));
}
