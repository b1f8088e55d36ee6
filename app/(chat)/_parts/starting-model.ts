import type { Model, ModelList } from "@/lib/client/types";

/** A model that some key of this person, or the shared one, can pay for. */
export const isOffered = ({ isAvailable }: Model): boolean => isAvailable !== false;

/**
 * With which model a new conversation begins: the one chosen last as long as it can be paid for, else the one that the
 * server names, which can.
 */
export function startingModel(last: string | undefined, list: ModelList | undefined): string | undefined {
  if (!list) return last;
  const isLastOffered = list.items.some((model) => model.id === last && isOffered(model));
  return isLastOffered ? last : (list.defaultModel ?? undefined);
}
