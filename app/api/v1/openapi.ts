import { z } from "zod";
import { provider } from "@/lib/openapi/fields";
import type { Group, Operation } from "@/lib/openapi/operation";
import { MAX_BODY_BYTES } from "@/lib/v1/answer-program";
import { payerHeaders, payment } from "../chat/payment";

/** Said for people: bodies go to the provider as they come, and the provider judges them. */
const Asked = z.looseObject({
  model: z.string().describe("With its provider in front, or OpenRouter's as it is there: `openai/gpt-5`."),
  messages: z.array(z.looseObject({ role: z.string() })),
  stream: z.boolean().optional(),
});
const Completion = z.looseObject({
  id: z.string(),
  model: z.string(),
  choices: z.array(z.looseObject({ message: z.looseObject({ role: z.string() }) })),
});
const EmbeddingInput = z.looseObject({ model: z.string(), input: z.union([z.string(), z.array(z.unknown())]) });
const Embeddings = z.looseObject({ data: z.array(z.looseObject({ embedding: z.unknown() })) });
const ModelEntries = z.looseObject({
  object: z.literal("list"),
  data: z.array(
    z.looseObject({
      id: z.string(),
      object: z.literal("model"),
      created: z.int(),
      owned_by: z.string(),
      name: z.string(),
    }),
  ),
});
const Standing = z.object({
  data: z.looseObject({
    label: z.string(),
    limit: z.number().nullable(),
    limit_remaining: z.number().nullable(),
    limit_reset: z.string().nullable(),
    usage: z.number(),
    usage_daily: z.number(),
    usage_weekly: z.number(),
    usage_monthly: z.number(),
    providers: z.array(z.object({ provider, state: z.string() })),
  }),
});

const shared = {
  access: "chat",
  errors: payment,
  errorsAs: "openai",
} satisfies Partial<Operation>;

export const v1: Group = {
  name: "OpenAI-compatible",
  description:
    "For programs that speak OpenAI's or OpenRouter's API: base URL `/api/v1`, and a personal token in the place of the API key. Bodies go on to the provider as they are, and so do its answers; refusals have OpenAI's envelope.",
  operations: [
    {
      ...shared,
      id: "createChatCompletion",
      method: "post",
      path: "/api/v1/chat/completions",
      summary: "A chat completion",
      description: "Every field goes on to the provider.",
      headers: { "x-save-conversation": "`true` puts the exchange into the history." },
      body: {
        schema: Asked,
        example: { model: "openai/gpt-5", messages: [{ role: "user", content: "What opens this door?" }] },
      },
      maxBytes: MAX_BODY_BYTES,
      answers: {
        200: {
          description: "As the provider gave it; with `stream` as server-sent events.",
          schema: Completion,
          or: ["text/event-stream"],
          example: {
            id: "gen-1",
            object: "chat.completion",
            model: "openai/gpt-5",
            choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "One key." } }],
            usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, cost: 0.000045 },
          },
          headers: { ...payerHeaders, "x-conversation-id": "Where the exchange was put, if it was asked for." },
        },
      },
      limit: "program",
    },
    {
      ...shared,
      id: "createEmbedding",
      method: "post",
      path: "/api/v1/embeddings",
      summary: "Embeddings",
      body: { schema: EmbeddingInput, example: { model: "openai/text-embedding-3-small", input: "a door" } },
      maxBytes: MAX_BODY_BYTES,
      answers: {
        200: {
          description: "As the provider gave them.",
          schema: Embeddings,
          example: { object: "list", data: [{ object: "embedding", index: 0, embedding: [0.01, -0.02] }] },
          headers: payerHeaders,
        },
      },
      limit: "program",
    },
    {
      id: "listModelsForPrograms",
      method: "get",
      path: "/api/v1/models",
      summary: "The models that can be asked",
      description: "OpenAI's list with OpenRouter's fields. OpenRouter's go by their own names.",
      access: ["chat", "read"],
      errorsAs: "openai",
      answers: {
        200: {
          description: "Those that a key of the caller's, or the shared key, can pay for.",
          schema: ModelEntries,
          example: {
            object: "list",
            data: [{ id: "openai/gpt-5", object: "model", created: 1700000000, owned_by: "openai", name: "GPT-5" }],
          },
        },
      },
    },
    {
      id: "describeStanding",
      method: "get",
      path: "/api/v1/key",
      summary: "How the caller stands with this site",
      description: "In the fields in which OpenRouter tells how a key stands. Of keys nothing but their state.",
      access: ["chat", "read"],
      errorsAs: "openai",
      answers: {
        200: {
          description: "What this token may spend and has spent, in USD.",
          schema: Standing,
          example: {
            data: {
              label: "token",
              limit: 5,
              limit_remaining: 4.2,
              limit_reset: "daily",
              usage: 12.5,
              usage_daily: 0.8,
              usage_weekly: 3.1,
              usage_monthly: 12.5,
              providers: [{ provider: "openrouter", state: "active" }],
            },
          },
        },
      },
    },
  ],
};
