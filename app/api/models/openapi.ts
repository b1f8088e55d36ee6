import { z } from "zod";
import { count, modelId, provider, usd } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { ModelPreferences } from "../preferences/schema";

const price = usd.nullable().describe("USD per million tokens; null when it is not known or varies.");

const Model = z
  .object({
    id: modelId,
    name: z.string(),
    provider,
    contextLength: count.nullable(),
    pricing: z.object({ prompt: price, completion: price }),
    inputModalities: z.array(z.string()).describe("`text`, `image`, `file`, …"),
    supportsTools: z.boolean(),
    supportsReasoning: z.boolean(),
    supportsWebSearch: z.boolean(),
    isFree: z.boolean(),
    isAvailable: z.boolean().describe("The caller has a key that can pay for it, or the shared key may."),
  })
  .meta({ id: "Model" });
const ModelList = z.object({ items: z.array(Model), defaultModel: modelId });

export const models: Group = {
  name: "Models",
  description: "A model's id names its provider: `openai:gpt-5`. Without a prefix it is OpenRouter's.",
  operations: [
    {
      id: "listModels",
      method: "get",
      path: "/api/models",
      summary: "Models and who could pay for them",
      description: "OpenRouter's, and those of every other provider whose key is stored.",
      access: ["chat", "read"],
      answers: {
        200: {
          description: "All of them.",
          schema: ModelList,
          example: {
            items: [
              {
                id: "openrouter:openai/gpt-5",
                name: "OpenAI: GPT-5",
                provider: "openrouter",
                contextLength: 400000,
                pricing: { prompt: "1.25", completion: "10" },
                inputModalities: ["text", "image", "file"],
                supportsTools: true,
                supportsReasoning: true,
                supportsWebSearch: true,
                isFree: false,
                isAvailable: true,
              },
            ],
            defaultModel: "openrouter:openai/gpt-5",
          },
        },
      },
    },
    {
      id: "changeModelPreferences",
      method: "put",
      path: "/api/models/preferences",
      summary: "Choose the model that names conversations",
      access: "account",
      body: { schema: ModelPreferences, example: { titleModel: "openrouter:openai/gpt-5-nano" } },
      maxBytes: 4 * 1024,
      answers: {
        200: {
          description: "As it is now.",
          schema: z.object({ titleModel: modelId.nullable() }),
          example: { titleModel: "openrouter:openai/gpt-5-nano" },
        },
      },
      limit: "preferences",
    },
  ],
};
