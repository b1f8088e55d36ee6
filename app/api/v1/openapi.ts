import { z } from "zod";
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
  ],
};
