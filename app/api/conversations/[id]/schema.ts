import { z } from "zod";
import { PAGE_SIZE } from "@/lib/conversations/read";

/** A page of a conversation's messages: the newest, or those above one of them. */
export const PageQuery = z.strictObject({
  before: z.uuid().toLowerCase().optional().describe("The messages above this one."),
  limit: z.coerce.number().int().min(1).max(500).default(PAGE_SIZE),
});

export const NamedMessage = z.strictObject({ messageId: z.uuid().toLowerCase() });
