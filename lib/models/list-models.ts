import { env } from "@/lib/env";
import { isRefused } from "@/lib/keys/key-state";
import { listKeys } from "@/lib/keys/list-keys";
import { hasSharedKey, isModelAllowed } from "@/lib/keys/shared-key";
import type { UserApiKey } from "@/lib/keys/user-api-key";
import { catalogue, DEFAULT_MODEL, type Model } from "./catalogue";
import { type DirectKey, ownModels } from "./own-models";

/** `isAvailable`: the caller has a key that can pay for it, or the shared key may. */
export type OfferedModel = Model & { isAvailable: boolean };
export type ModelList = { items: OfferedModel[]; defaultModel: string };

/** OpenRouter's models, and those of every other provider whose key the caller has stored. */
export async function listModels({
  userId,
  sharedKeyAllowed,
}: {
  userId: string;
  /** The caller's preference. */
  sharedKeyAllowed: boolean;
}): Promise<ModelList> {
  const [openRouters, keys] = await Promise.all([catalogue(), listKeys(userId)]);
  const own = keys.find(({ provider }) => provider === "openrouter");
  const mayPay = own !== undefined && canPay(own);
  const mayBorrow = hasSharedKey() && sharedKeyAllowed && (own === undefined || isWithoutKey(own));
  const sharedModels = env().SHARED_KEY_MODELS;
  const routed = openRouters.map((model) => ({
    ...model,
    isAvailable: mayPay || (mayBorrow && isModelAllowed(model.id, sharedModels)),
  }));
  const direct = await Promise.all(keys.filter(isDirect).map((key) => offer(userId, key)));
  const items = [...routed, ...direct.flat()];
  return { items, defaultModel: mayPay || mayBorrow ? DEFAULT_MODEL : defaultOf(keys, direct.flat()) };
}

async function offer(userId: string, key: DirectKey): Promise<OfferedModel[]> {
  const isAvailable = canPay(key);
  return (await ownModels(userId, key)).map((model) => ({ ...model, isAvailable }));
}

/** Without OpenRouter the default is what the user set beside a key, or else the first model that can be paid. */
function defaultOf(keys: UserApiKey[], models: OfferedModel[]): string {
  const available = models.filter(({ isAvailable }) => isAvailable).map(({ id }) => id);
  const chosen = keys.map(({ settings }) => settings.defaultModel).find((id) => id && available.includes(id));
  return chosen ?? available[0] ?? DEFAULT_MODEL;
}

const isDirect = (key: UserApiKey): key is DirectKey => key.provider !== "openrouter" && key.state !== "inactive";
const isWithoutKey = ({ state }: UserApiKey) => state === "inactive" || state === "undecryptable";
/** A key whose limit or credit is used up is asked anew by the next chat, and may be paid for again by then. */
const canPay = (key: UserApiKey) => !isWithoutKey(key) && !isRefused(key.state);
