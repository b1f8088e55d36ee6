import { eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type Attachment, attachmentColumns } from "./attachment";
import { safeFileName } from "./file-name";
import { MAX_BYTES_A_USER, MAX_TEXT_BYTES } from "./limits";
import { mediaTypeOf } from "./media-type";

/** What a row costs at least, so that a million empty files are not free. */
const MIN_BYTES = 4096;

/**
 * Keeps a file until a question is sent with it. What it is is read from its bytes.
 *
 * @throws AppError `unsupported_media_type` for what no model could read here; `payload_too_large`
 */
export async function storeAttachment({
  userId,
  name,
  bytes,
}: {
  userId: string;
  name: string;
  bytes: Uint8Array;
}): Promise<Attachment> {
  const mediaType = mediaTypeOf(bytes);
  if (mediaType === undefined) {
    throw new AppError(
      "unsupported_media_type",
      "This file is neither an image (PNG, JPEG, WebP, GIF) nor a PDF nor plain text. It was not stored.",
    );
  }
  if (mediaType === "text/plain" && bytes.length > MAX_TEXT_BYTES) {
    throw new AppError("payload_too_large", "Text files may have at most 1 MB. It was not stored.");
  }
  const database = await db();
  return database.transaction(async (tx) => {
    // Two uploads at once must not both take the last free megabyte.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`attachments ${userId}`}, 0))`);
    const [stored] = await tx
      .select({ bytes: sql<number>`coalesce(sum(greatest(${attachments.size}, ${MIN_BYTES}::int)), 0)::float8` })
      .from(attachments)
      .where(eq(attachments.userId, userId));
    if ((stored?.bytes ?? 0) + Math.max(bytes.length, MIN_BYTES) > MAX_BYTES_A_USER) {
      throw new AppError(
        "payload_too_large",
        "Your files take up the 200 MB that an account has. Delete conversations with files to make room. It was not stored.",
      );
    }
    const values = { userId, name: safeFileName(name), mediaType, size: bytes.length, bytes: Buffer.from(bytes) };
    const [row] = await tx.insert(attachments).values(values).returning(attachmentColumns);
    if (!row) throw new Error("an insert returned no row");
    return row;
  });
}
