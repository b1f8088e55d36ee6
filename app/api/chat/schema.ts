import { z } from "zod";
import { MODEL_ID } from "@/lib/providers/model-id";

const MAX_QUESTION_CHARS = 200_000;
/** Room for a question of that length in any script, escaped. */
export const MAX_CHAT_BYTES = 1024 * 1024;

const textPart = z
  .strictObject({
    type: z.literal("text"),
    text: z.string().max(MAX_QUESTION_CHARS),
    state: z.enum(["streaming", "done"]).optional(),
  })
  .transform(({ text }) => ({ type: "text" as const, text }));

/** An AI SDK UIMessage of the user; what it says of itself besides its text is not believed. */
const userMessage = z
  .strictObject({
    id: z.string().min(1).max(100),
    role: z.literal("user"),
    parts: z.array(textPart).min(1).max(20),
    metadata: z.unknown().optional(),
  })
  .refine(({ parts }) => parts.some((part) => part.text.trim() !== ""), { path: ["parts"], message: "says nothing" })
  .refine(({ parts }) => parts.reduce((sum, part) => sum + part.text.length, 0) <= MAX_QUESTION_CHARS, {
    path: ["parts"],
    message: `at most ${MAX_QUESTION_CHARS} characters`,
  })
  .transform(({ id, parts }) => ({ id, parts }));

export const ChatRequest = z
  .strictObject({
    id: z.uuid().toLowerCase(),
    message: userMessage.optional(),
    model: z.string().regex(MODEL_ID, "not a model id").optional(),
    trigger: z.enum(["submit-message", "regenerate-message"]).default("submit-message"),
    messageId: z.string().min(1).max(100).optional(),
  })
  .refine(({ message, trigger }) => message !== undefined || trigger === "regenerate-message", {
    path: ["message"],
    message: "needed for a new question",
  });
