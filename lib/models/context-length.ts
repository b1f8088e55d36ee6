import { formatModelId, type ModelRef } from "@/lib/providers/model-id";
import { catalogue } from "./catalogue";
import { ownContextLength } from "./own-models";

/** The list of models is in memory but for the first moments of a process, and then a question does not wait long. */
const PATIENCE_MS = 1000;

/** Tokens that a model reads and writes in all; null when nobody has told. */
export async function contextLength({
  userId,
  provider,
  model,
}: ModelRef & { userId: string }): Promise<number | null> {
  const id = formatModelId({ provider, model });
  if (provider !== "openrouter") return ownContextLength(userId, id);
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<[]>((resolve) => {
    timer = setTimeout(() => resolve([]), PATIENCE_MS);
  });
  const models = await Promise.race([catalogue(), tooLong]).finally(() => clearTimeout(timer));
  return models.find((one) => one.id === id)?.contextLength ?? null;
}
