import { z } from "zod";
import { MODEL_ID } from "@/lib/providers/model-id";

const title = z.string().trim().min(1).max(200);
const model = z.string().regex(MODEL_ID, "not a model id");
const system = z.string().max(32_000);

/** What a conversation asks of every model; sent with a question it becomes the conversation's. */
export const choices = {
  system: system.nullable().optional().describe("Instructions that go with every question."),
  privacy: z.enum(["any", "no_training", "zero_retention"]).optional().describe("Which providers may serve it."),
  reasoningEffort: z.enum(["low", "medium", "high"]).nullable().optional(),
  webSearch: z.boolean().optional(),
};

export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(30),
  cursor: z.string().max(200).optional().describe("`nextCursor` of the page before."),
  q: z.string().max(500).optional().describe("Searches titles and texts."),
  archived: z
    .enum(["true", "false"])
    .transform((word) => word === "true")
    .optional()
    .describe("Lists what was put away instead of the rest. A search finds both."),
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
    ...choices,
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), { message: "nothing to change" });
export const ExportQuery = z.strictObject({ format: z.enum(["md", "json"]).default("json") });
