import type { Model } from "@/lib/models/catalogue";
import { listModels } from "@/lib/models/list-models";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { parseModelId } from "@/lib/providers/model-id";

/** Providers that a program can ask here. */
const OFFERED = new Set<string>(["openrouter", "openai", "xai"]);
const BEGINNING = 1_700_000_000; // clients sort by it, and we keep no dates

/**
 * The models that the caller has a key for, in OpenAI's list with OpenRouter's fields, so that the clients of both can
 * read it. OpenRouter's go by their own names, the others by their provider's prefix.
 */
export async function listForPrograms(userId: string) {
  const { sharedKey } = await getPreferences(userId);
  const { items } = await listModels({ userId, sharedKeyAllowed: sharedKey === "allow" });
  const offered = items.filter(({ isAvailable, provider }) => isAvailable && OFFERED.has(provider));
  return { object: "list", data: offered.map(toEntry), total_count: offered.length, links: { next: null } };
}

function toEntry(model: Model) {
  const id = model.provider === "openrouter" ? parseModelId(model.id).model : model.id;
  const supported = [model.supportsTools && ["tools", "tool_choice"], model.supportsReasoning && ["reasoning"]];
  return {
    id,
    object: "model",
    created: BEGINNING,
    owned_by: model.provider === "openrouter" ? (id.split("/")[0] ?? "openrouter") : model.provider,
    canonical_slug: id,
    name: model.name,
    context_length: model.contextLength,
    architecture: {
      modality: `${model.inputModalities.join("+")}->text`,
      input_modalities: model.inputModalities,
      output_modalities: ["text"],
      instruct_type: null,
    },
    pricing: { prompt: perToken(model.pricing.prompt), completion: perToken(model.pricing.completion) },
    top_provider: { context_length: model.contextLength, max_completion_tokens: null, is_moderated: false },
    supported_parameters: supported.flatMap((names) => names || []),
    supported_voices: null,
    default_parameters: null,
    per_request_limits: null,
    links: { details: `/api/v1/models/${id}/endpoints` },
  };
}

/** USD a million to USD a token, by moving the point; `-1` is OpenRouter's word for a price that varies. */
function perToken(perMillion: string | null): string {
  if (perMillion === null) return "-1";
  const [whole = "0", fraction = ""] = perMillion.split(".");
  const digits = whole.padStart(7, "0");
  const moved = `${digits.slice(0, -6)}.${digits.slice(-6)}${fraction}`;
  return moved.replace(/0+$/, "").replace(/\.$/, "");
}
