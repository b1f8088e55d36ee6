import { z } from "zod";
import { MODEL_ID, parseModelId } from "@/lib/providers/model-id";
import type { Provider } from "@/lib/providers/names";

/**
 * What stands beside a key and changes without touching it. A closed list: above all no address among them, because a
 * key goes to its provider's host and no other (security.md, finding 7).
 */
export const KeySettings = z.strictObject({
  /** Named with its provider (`openai:gpt-5`), as everywhere. */
  defaultModel: z.string().regex(MODEL_ID, "not a model id").optional(),
  /** Sent with every question on this key, where the model takes them. */
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  maxOutputTokens: z.int().min(16).max(200_000).optional(),
});
export type KeySettings = z.output<typeof KeySettings>;

/** Whether a model would be paid with a key of this provider. */
export const isModelOf = (provider: Provider, modelId: string): boolean => parseModelId(modelId).provider === provider;
