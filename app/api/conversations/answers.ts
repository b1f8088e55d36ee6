import { z } from "zod";
import { PORTABLE_FORMAT } from "@/lib/conversations/portable";
import { count, id, modelId, pageOf, time, usd } from "@/lib/openapi/fields";

const conversation = {
  id,
  title: z.string().nullable(),
  model: modelId.nullable(),
  system: z.string().nullable().describe("Instructions that go with every question."),
  privacy: z.enum(["any", "no_training", "zero_retention"]).describe("Which providers may serve it."),
  reasoningEffort: z.enum(["low", "medium", "high"]).nullable(),
  webSearch: z.boolean(),
  pinned: z.boolean(),
  archived: z.boolean(),
  createdAt: time,
  updatedAt: time.describe("When somebody last wrote in it."),
};
export const Conversation = z.object(conversation).meta({ id: "Conversation" });

const Range = z.array(z.int()).length(2);
export const FoundConversation = z
  .object({
    ...conversation,
    found: z.object({
      title: z.array(Range).describe("Places in the title, `[from, to)` in UTF-16 units."),
      message: z
        .object({ id, role: z.enum(["user", "assistant"]), text: z.string(), ranges: z.array(Range) })
        .nullable()
        .describe("The newest message that was found, with the words around the place."),
    }),
  })
  .meta({ id: "FoundConversation", description: "A conversation that a search found, with the places." });

const role = z.enum(["user", "assistant"]);
export const Receipt = z
  .object({
    model: modelId,
    servedModel: z.string().nullable(),
    upstreamProvider: z.string().nullable(),
    keySource: z.enum(["user", "shared"]).describe("Whose key paid."),
    keyProvider: z.string(),
    keyHint: z.string().nullable(),
    keyLabel: z.string().nullable(),
    keyFallback: z.enum(["no_key", "undecryptable"]).nullable().describe("Why the shared key stepped in."),
    generationId: z.string().nullable(),
    inputTokens: count.nullable(),
    outputTokens: count.nullable(),
    reasoningTokens: count.nullable(),
    cachedTokens: count.nullable(),
    costUsd: usd.nullable().describe("Null when it is not known, as for a stopped answer."),
    costIsEstimate: z.boolean().describe("Reckoned from a list of prices, because the provider reports no cost."),
    firstTokenMs: count.nullable(),
    totalMs: count.nullable(),
  })
  .meta({ id: "Receipt", description: "Who paid for an answer, what served it and what it cost." });

export const MessagePart = z
  .union([
    z.object({ type: z.literal("text"), text: z.string() }),
    z.object({ type: z.literal("reasoning"), text: z.string() }),
    z.object({ type: z.literal("file"), attachmentId: id, name: z.string(), mediaType: z.string(), size: count }),
    z.object({ type: z.literal("source"), url: z.string(), title: z.string().nullable() }),
  ])
  .meta({ id: "MessagePart" });

export const Message = z
  .object({
    id,
    role,
    parts: z.array(MessagePart),
    status: z.enum(["complete", "streaming", "stopped", "failed", "interrupted"]),
    finishReason: z.string().nullable(),
    errorCode: z.string().nullable().describe("Why it failed: a code of Problem."),
    createdAt: time,
    clientId: z.string().nullable().describe("The id under which its writer sent it."),
    parentId: id.nullable().describe("The message above it; null for the first of all."),
    siblings: z
      .object({ index: count, count, ids: z.array(id) })
      .optional()
      .describe("What stands in the same place, oldest first, itself included; only where there is more than one."),
    metadata: z.object({
      receipt: Receipt.optional(),
      copied: z.object({ model: z.string() }).optional().describe("Copied by a fork: paid for where it came from."),
    }),
  })
  .meta({ id: "Message" });

export const ConversationWithMessages = z
  .object({
    ...conversation,
    messages: z.array(Message).describe("Of the path that is shown, oldest first."),
    hasEarlier: z.boolean().describe("More of the path lies above the first of them."),
  })
  .meta({ id: "ConversationWithMessages" });

export const ConversationList = pageOf(z.union([Conversation, FoundConversation]));

/** As a file; it can be imported again. */
export const PortableConversation = z
  .object({
    format: z.literal(PORTABLE_FORMAT),
    version: z.int(),
    id,
    title: z.string().nullable(),
    model: modelId.nullable(),
    system: z.string().nullable(),
    pinned: z.boolean(),
    archived: z.boolean(),
    createdAt: time,
    updatedAt: time,
    leafId: id.nullable().describe("The message at the end of the path that was shown."),
    messages: z
      .array(
        z.object({
          id,
          parentId: id.nullable(),
          role,
          parts: z.array(MessagePart),
          status: z.string(),
          finishReason: z.string().nullable(),
          errorCode: z.string().nullable(),
          createdAt: time,
          receipt: Receipt.optional(),
        }),
      )
      .describe("All versions of all messages, a tree by `parentId`, in the order they were written."),
  })
  .meta({ id: "PortableConversation", description: "A conversation as a file, which can be imported again." });
