import { db } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { type Attachment, attachmentColumns } from "./attachment";
import { safeFileName } from "./file-name";
import { MAX_TEXT_BYTES } from "./limits";
import { mediaTypeOf } from "./media-type";
import { requireRoom } from "./room";

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
    await requireRoom(tx, { userId, sizes: [bytes.length] });
    const values = { userId, name: safeFileName(name), mediaType, size: bytes.length, bytes: Buffer.from(bytes) };
    const [row] = await tx.insert(attachments).values(values).returning(attachmentColumns);
    if (!row) throw new Error("an insert returned no row");
    return row;
  });
}
