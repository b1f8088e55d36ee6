import { z } from "zod";
import { type AskOptions, askProvider } from "./ask-provider";
import type { DirectProvider } from "./direct-refusal";

/** A model that a key may chat with, as far as its provider tells. */
export type ProviderModel = {
  model: string;
  name: string;
  contextLength: number | null;
  supportsReasoning: boolean;
  inputModalities: string[];
};

/** The list of models, as long as it may be on one page. */
const paths: Record<DirectProvider, string> = {
  openai: "/models",
  anthropic: "/models?limit=1000",
  google: "/models?pageSize=1000",
  xai: "/models",
};

/** Names of models for other work than chatting. Lists do not say; what slips through is refused when it is asked. */
const OTHER_WORK =
  /audio|realtime|image|imagine|imagen|video|veo|sora|transcribe|tts|whisper|embedding|moderation|dall-e|davinci|babbage|instruct|search-preview|deep-research|computer-use|robotics|live|aqa|lyria/;

const plain = z.object({ id: z.string().min(1).max(200), created: z.number().nullish() });
const anthropic = z.object({
  id: z.string().min(1).max(200),
  display_name: z.string().nullish().catch(null),
  max_input_tokens: z.number().nullish().catch(null),
});
const google = z.object({
  name: z.string().startsWith("models/").max(200),
  displayName: z.string().nullish().catch(null),
  inputTokenLimit: z.number().nullish().catch(null),
  supportedGenerationMethods: z.array(z.string()).nullish().catch(null),
  thinking: z.boolean().nullish().catch(null),
});

/**
 * Asks a provider which models a key may chat with: one free call.
 *
 * @returns undefined when it cannot be found out now. Never throws.
 */
export async function readModels(
  { provider, apiKey }: { provider: DirectProvider; apiKey: string },
  options: AskOptions = {},
): Promise<ProviderModel[] | undefined> {
  const answer = await askProvider({ provider, apiKey, path: paths[provider] }, options);
  if (answer.status !== 200) return undefined;
  const entries = listIn(answer.body, provider === "google" ? "models" : "data");
  const models = entries?.flatMap(readers[provider]).filter(({ model }) => !OTHER_WORK.test(model));
  return models && [...new Map(models.map((model) => [model.model, model])).values()];
}

function listIn(body: unknown, field: string): unknown[] | undefined {
  const list = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[field] : undefined;
  return Array.isArray(list) ? list : undefined;
}

/** An entry that cannot be read is left out rather than losing the list. */
const readers: Record<DirectProvider, (entry: unknown) => ProviderModel[]> = {
  openai: readPlain,
  xai: readPlain,
  anthropic: (entry) => {
    const { data } = anthropic.safeParse(entry);
    if (data === undefined) return [];
    return [{ ...bare(data.id), name: data.display_name ?? data.id, contextLength: data.max_input_tokens ?? null }];
  },
  google: (entry) => {
    const { data } = google.safeParse(entry);
    if (!data?.supportedGenerationMethods?.includes("generateContent")) return [];
    const model = data.name.slice("models/".length);
    const name = data.displayName ?? model;
    const supportsReasoning = data.thinking ?? false;
    return [{ ...bare(model), name, contextLength: data.inputTokenLimit ?? null, supportsReasoning }];
  },
};

function readPlain(entry: unknown): ProviderModel[] {
  const { data } = plain.safeParse(entry);
  return data === undefined ? [] : [bare(data.id)];
}

const bare = (model: string): ProviderModel => ({
  model,
  name: model,
  contextLength: null,
  supportsReasoning: false,
  inputModalities: ["text"],
});
