import { describeAttachments } from "@/lib/attachments/claim";
import type { MessagePart, TextPart } from "@/lib/db/schema";
import type { UserMessage } from "./turn";

/** A question as a request brings it: of its files only the ids, for what they are is ours to know. */
export type AskedMessage = { id: string; parts: (TextPart | { type: "file"; attachmentId: string })[] };

/**
 * The question with what its files are.
 *
 * @throws AppError `not_found` when one of them is not there or not the caller's to send here.
 */
export async function describeQuestion({
  userId,
  conversationId,
  message,
}: {
  userId: string;
  conversationId: string;
  message: AskedMessage;
}): Promise<UserMessage> {
  const ids = message.parts.flatMap((part) => (part.type === "file" ? [part.attachmentId] : []));
  const files = new Map((await describeAttachments({ userId, conversationId, ids })).map((file) => [file.id, file]));
  const parts = message.parts.flatMap((part): MessagePart[] => {
    if (part.type !== "file") return [part];
    const file = files.get(part.attachmentId);
    if (!file) return [];
    const { id: attachmentId, name, mediaType, size } = file;
    return [{ type: "file", attachmentId, name, mediaType, size }];
  });
  return { id: message.id, parts };
}

export const filesOf = (parts: MessagePart[]): string[] =>
  parts.flatMap((part) => (part.type === "file" ? [part.attachmentId] : []));
