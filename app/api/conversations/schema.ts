import { z } from "zod";
import { MODEL_ID } from "@/lib/providers/model-id";

const title = z.string().trim().min(1).max(200);
const model = z.string().regex(MODEL_ID, "not a model id");
const system = z.string().max(32_000);

export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(30),
  cursor: z.string().max(200).optional(),
  /** Searches titles and texts. */
  q: z.string().max(500).optional(),
});
export const NewConversation = z.strictObject({
  title: title.optional(),
  model: model.optional(),
  system: system.optional(),
});
export const ConversationChange = z
  .strictObject({
    title: title.optional(),
    pinned: z.boolean().optional(),
    archived: z.boolean().optional(),
    model: model.optional(),
    system: system.nullable().optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), { message: "nothing to change" });
