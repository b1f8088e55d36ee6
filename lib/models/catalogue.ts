import { z } from "zod";
import { log } from "@/lib/log";
import { formatModelId } from "@/lib/providers/model-id";
import { apiBase, type Provider } from "@/lib/providers/provider";
import { upstreamFetch } from "@/lib/providers/upstream";

/** OpenRouter's own router: always offered, whatever comes and goes beside it. */
export const DEFAULT_MODEL = "openrouter:openrouter/auto";

export type Model = {
  id: string;
  name: string;
  provider: Provider;
  contextLength: number | null;
  /** USD per million tokens, decimal; null when unknown or variable. */
  pricing: { prompt: string | null; completion: string | null };
  inputModalities: string[];
  supportsTools: boolean;
  supportsReasoning: boolean;
  supportsWebSearch: boolean;
  isFree: boolean;
};

const FRESH_MS = 10 * 60_000;
const TIMEOUT_MS = 8000;
const MAX_BYTES = 16 * 1024 * 1024;

const modelSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  context_length: z.number().nullish(),
  pricing: z.object({ prompt: z.string().nullish(), completion: z.string().nullish() }).nullish(),
  architecture: z.object({ input_modalities: z.array(z.string()).nullish() }).nullish(),
  supported_parameters: z.array(z.string()).nullish(),
});
const listSchema = z.object({ data: z.array(z.unknown()) });

type Cached = { models: Model[]; loadedAt: number; loading?: Promise<Model[]> };
const shared = globalThis as { __chatelaineModels?: Cached };

/**
 * OpenRouter's models, public and the same for everybody. Kept in memory; an old list is answered at once and refreshed
 * beside, and stays when OpenRouter is away.
 */
export async function catalogue(): Promise<Model[]> {
  shared.__chatelaineModels ??= { models: [], loadedAt: 0 };
  const cached = shared.__chatelaineModels;
  if (Date.now() - cached.loadedAt < FRESH_MS) return cached.models;
  cached.loading ??= load(cached).finally(() => {
    cached.loading = undefined;
  });
  return cached.models.length > 0 ? cached.models : cached.loading;
}

async function load(cached: Cached): Promise<Model[]> {
  try {
    const response = await upstreamFetch(`${apiBase("openrouter")}/models`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok || Number(response.headers.get("content-length") ?? 0) > MAX_BYTES)
      throw new Error("no list of models");
    cached.models = listSchema.parse(await response.json()).data.flatMap(toModel);
    cached.loadedAt = Date.now();
  } catch (error) {
    log.warn("the list of models could not be loaded", { err: error });
  }
  return cached.models;
}

/** An entry that cannot be read is left out rather than losing the list. */
function toModel(entry: unknown): Model[] {
  const { success, data } = modelSchema.safeParse(entry);
  if (!success) return [];
  const prompt = perMillion(data.pricing?.prompt);
  const completion = perMillion(data.pricing?.completion);
  return [
    {
      id: formatModelId({ provider: "openrouter", model: data.id }),
      name: data.name ?? data.id,
      provider: "openrouter",
      contextLength: data.context_length ?? null,
      pricing: { prompt, completion },
      inputModalities: data.architecture?.input_modalities ?? ["text"],
      supportsTools: data.supported_parameters?.includes("tools") ?? false,
      supportsReasoning: data.supported_parameters?.includes("reasoning") ?? false,
      supportsWebSearch: data.supported_parameters?.includes("web_search_options") ?? false,
      isFree: prompt === "0" && completion === "0",
    },
  ];
}

/** USD per token to USD per million by moving the point six places: prices are decimals, not floats. */
export function perMillion(perToken: string | null | undefined): string | null {
  const match = /^(\d+)(?:\.(\d*))?$/.exec(perToken ?? "");
  if (!match) return null; // missing, negative (variable) or in a form not seen so far
  const [, whole = "", fraction = ""] = match;
  const padded = fraction.padEnd(6, "0");
  const integer = `${whole}${padded.slice(0, 6)}`.replace(/^0+(?=\d)/, "");
  const rest = padded.slice(6).replace(/0+$/, "");
  return rest === "" ? integer : `${integer}.${rest}`;
}
