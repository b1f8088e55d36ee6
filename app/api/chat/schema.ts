import { z } from "zod";
import { MAX_FILES_A_MESSAGE } from "@/lib/attachments/limits";
import { MAX_HISTORY } from "@/lib/chat/context";
import { MODEL_ID } from "@/lib/providers/model-id";
import { choices } from "../conversations/schema";

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

/** A file that was uploaded before. Only its id counts: what it is and where it lies is never taken from a request. */
const filePart = z.strictObject({ type: z.literal("file"), attachmentId: z.uuid().toLowerCase() });

/** An AI SDK UIMessage of the user; what it says of itself besides its text is not believed. */
const userMessage = z
  .strictObject({
    id: z.string().min(1).max(100),
    role: z.literal("user"),
    parts: z
      .array(z.union([textPart, filePart]))
      .min(1)
      .max(20),
    metadata: z.unknown().optional(),
  })
  .refine(({ parts }) => parts.some((part) => part.type === "file" || part.text.trim() !== ""), {
    path: ["parts"],
    message: "says nothing",
  })
  .refine(({ parts }) => isEachFileOnce(parts.flatMap((part) => (part.type === "file" ? [part.attachmentId] : []))), {
    path: ["parts"],
    message: `at most ${MAX_FILES_A_MESSAGE} files, each once`,
  })
  .refine(
    ({ parts }) =>
      parts.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0) <= MAX_QUESTION_CHARS,
    {
      path: ["parts"],
      message: `at most ${MAX_QUESTION_CHARS} characters`,
    },
  )
  .transform(({ id, parts }) => ({ id, parts }));

const isEachFileOnce = (ids: string[]) => ids.length <= MAX_FILES_A_MESSAGE && new Set(ids).size === ids.length;

export const ChatRequest = z
  .strictObject({
    id: z.uuid().toLowerCase().describe("The conversation; a new id makes one."),
    message: userMessage.optional().describe("An AI SDK UIMessage. Not needed for another answer."),
    model: z
      .string()
      .regex(MODEL_ID, "not a model id")
      .optional()
      .describe("Without it the conversation's, or the default."),
    trigger: z.enum(["submit-message", "regenerate-message"]).default("submit-message"),
    messageId: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe("The question whose place the new one takes, or the answer that is to be given again."),
    parentId: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe("What the question follows as its writer sees it: what is shown is what is sent, in two tabs as well."),
    options: z.strictObject(choices).optional().describe("Kept as the conversation's from now on."),
  })
  .refine(({ message, trigger }) => message !== undefined || trigger === "regenerate-message", {
    path: ["message"],
    message: "needed for a new question",
  });

/** The page's own memory of a chat that nobody stores: words of the two sides and nothing else. */
const said = z.strictObject({
  role: z.enum(["user", "assistant"]),
  text: z.string().min(1).max(MAX_QUESTION_CHARS),
});

export const TemporaryRequest = z.strictObject({
  message: z.string().min(1).max(MAX_QUESTION_CHARS),
  history: z.array(said).max(MAX_HISTORY).default([]),
  model: z.string().regex(MODEL_ID, "not a model id").optional(),
  options: z.strictObject(choices).optional(),
});
