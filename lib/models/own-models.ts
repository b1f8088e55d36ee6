import { isAppError } from "@/lib/errors";
import type { UserApiKey } from "@/lib/keys/user-api-key";
import { withStoredKey } from "@/lib/keys/with-key";
import { log } from "@/lib/log";
import type { DirectProvider } from "@/lib/providers/direct-refusal";
import { formatModelId, MODEL_ID } from "@/lib/providers/model-id";
import { type ProviderModel, readModels } from "@/lib/providers/read-models";
import { directAbilities } from "./abilities";
import type { Model } from "./catalogue";
import { priceOf } from "./prices";

const FRESH_MS = 10 * 60_000;
/** After a list could not be had, nobody asks again for so long. */
const RETRY_MS = 30_000;
/** A page waits for these lists, so they have less time than a check. */
const LIST_MS = 4000;
const MAX_LISTS = 1000;

type List = { models: Model[]; askAgainAt: number; loading?: Promise<void> };
const shared = globalThis as { __chatelaineOwnModels?: Map<string, List> };

/** In order of their last use, so that the oldest falls out when there are too many. */
function lists(): Map<string, List> {
  shared.__chatelaineOwnModels ??= new Map();
  return shared.__chatelaineOwnModels;
}

export type DirectKey = UserApiKey & { provider: DirectProvider };

/**
 * The models that a user's key of another provider than OpenRouter may chat with. Kept in memory for that very key; an
 * old list is answered at once and refreshed beside, and stays when the provider is away.
 */
export async function ownModels(userId: string, key: DirectKey): Promise<Model[]> {
  const name = `${userId} ${key.id} ${key.keySetAt.getTime()}`;
  const list = lists().get(name) ?? { models: [], askAgainAt: 0 };
  lists().delete(name);
  lists().set(name, list);
  const [oldest] = lists().keys();
  if (lists().size > MAX_LISTS && oldest !== undefined) lists().delete(oldest);
  if (key.state !== "active" || Date.now() < list.askAgainAt) return list.models;
  list.loading ??= load(userId, key.provider, list).finally(() => {
    list.loading = undefined;
  });
  if (list.models.length === 0) await list.loading;
  return list.models;
}

/** Of a model in one of the user's lists, as far as they are in memory. */
export function ownContextLength(userId: string, modelId: string): number | null {
  for (const [name, { models }] of lists()) {
    const model = name.startsWith(`${userId} `) ? models.find(({ id }) => id === modelId) : undefined;
    if (model) return model.contextLength;
  }
  return null;
}

async function load(userId: string, provider: DirectProvider, list: List): Promise<void> {
  list.askAgainAt = Date.now() + RETRY_MS;
  const owner = { userId, provider };
  try {
    const found = await withStoredKey(owner, (apiKey) =>
      readModels({ provider, apiKey }, { totalMs: LIST_MS, attemptMs: LIST_MS }),
    );
    if (found === undefined) {
      log.warn("the models of a provider could not be listed", owner);
      return;
    }
    list.models = found.filter(({ model }) => MODEL_ID.test(model)).map((model) => toModel(provider, model));
    list.askAgainAt = Date.now() + FRESH_MS;
  } catch (error) {
    // Removed meanwhile, or it does not open: the key's own state says so where the user can mend it.
    if (!isAppError(error)) log.warn("the models of a provider could not be listed", { ...owner, err: error });
  }
}

function toModel(provider: DirectProvider, { model, name, ...known }: ProviderModel): Model {
  const able = directAbilities(provider, model);
  const price = priceOf(provider, model);
  return {
    id: formatModelId({ provider, model }),
    name,
    provider,
    ...known,
    ...able,
    supportsReasoning: known.supportsReasoning || able.supportsReasoning,
    pricing: { prompt: price?.input ?? null, completion: price?.output ?? null },
    supportsTools: false, // none of the lists says
    isFree: false,
  };
}
