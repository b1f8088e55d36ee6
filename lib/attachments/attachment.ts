import { attachments } from "@/lib/db/schema";

/** A file that somebody sends along with a question, without its bytes. */
export type Attachment = { id: string; name: string; mediaType: string; size: number };

export const attachmentColumns = {
  id: attachments.id,
  name: attachments.name,
  mediaType: attachments.mediaType,
  size: attachments.size,
} as const;
