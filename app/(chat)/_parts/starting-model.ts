import type { Model, ModelList, ProviderConfig } from "@/lib/client/types";

/** A model that some key of this person, or the shared one, can pay for. */
export const isOffered = ({ isAvailable }: Model): boolean => isAvailable !== false;

type Known = { last: string | undefined; list: ModelList | undefined; keys: ProviderConfig[] | undefined };

/**
 * With which model a new conversation begins: the one chosen last, else the site's own, else what the person set beside
 * a key, else the first there is. Never one that nobody can pay for, as long as there is another.
 */
export function startingModel({ last, list, keys = [] }: Known): string | undefined {
  if (!list) return last;
  const offered = new Set(list.items.filter(isOffered).map(({ id }) => id));
  const ofKeys = keys.filter(({ state }) => state === "active").map(({ settings }) => settings.defaultModel);
  const wishes = [last, list.defaultModel, ...ofKeys, [...offered][0]];
  return wishes.find((id) => id && offered.has(id)) ?? list.defaultModel ?? undefined;
}
