import { and, asc, eq, gt } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { type Attachment, attachmentColumns } from "./attachment";

const BATCH = 100;

/** All files of a user, without their bytes. */
export async function* listAttachments(userId: string): AsyncGenerator<Attachment> {
  const database = await db();
  for (let after: string | undefined; ; ) {
    const rows = await database
      .select(attachmentColumns)
      .from(attachments)
      .where(and(eq(attachments.userId, userId), after === undefined ? undefined : gt(attachments.id, after)))
      .orderBy(asc(attachments.id))
      .limit(BATCH);
    yield* rows;
    after = rows.at(-1)?.id;
    if (rows.length < BATCH) return;
  }
}
