import type { Attachment, ConversationChoices } from "./types";

/** What is typed and not yet sent, by conversation. It survives a reload; it never holds anything but that text. */
const PREFIX = "chatelaine:draft:";

/** Storage may be full or forbidden; a draft is then only kept on the page. */
function tryStorage<Value>(use: (storage: Storage) => Value): Value | undefined {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}

export const readDraft = (place: string): string => tryStorage((storage) => storage.getItem(PREFIX + place)) ?? "";

export function keepDraft(place: string, text: string): void {
  tryStorage((storage) => (text === "" ? storage.removeItem(PREFIX + place) : storage.setItem(PREFIX + place, text)));
}

const FILES = `${PREFIX}files:`;
const CHOICES = `${PREFIX}choices`;

/** Something kept as JSON; what cannot be read is as good as nothing. */
function readJson<Value>(key: string): Value | undefined {
  return tryStorage((storage) => JSON.parse(storage.getItem(key) ?? "null") as Value | null) ?? undefined;
}

/** Files that are stored and wait to be sent: names and ids, never what is in them. */
export const readFiles = (place: string): Attachment[] => {
  const files = readJson<Attachment[]>(FILES + place);
  return Array.isArray(files) ? files.filter((file) => typeof file?.id === "string") : [];
};
export function keepFiles(place: string, files: readonly Attachment[]): void {
  const kept = files.map(({ id, name, mediaType, size }) => ({ id, name, mediaType, size }));
  keepJson(FILES + place, kept.length === 0 ? undefined : kept);
}

/** What was chosen for a new chat before its first question. */
export const readChoices = (): Partial<ConversationChoices> => readJson(CHOICES) ?? {};
export const keepChoices = (choices: Partial<ConversationChoices>): void =>
  keepJson(CHOICES, Object.keys(choices).length === 0 ? undefined : choices);

function keepJson(key: string, value: unknown): void {
  tryStorage((storage) =>
    value === undefined ? storage.removeItem(key) : storage.setItem(key, JSON.stringify(value)),
  );
}

const MODEL = "chatelaine:model";
/** The model chosen last, with which the next new conversation begins. */
export const readLastModel = (): string | undefined => tryStorage((storage) => storage.getItem(MODEL)) ?? undefined;
export const keepLastModel = (id: string): void => void tryStorage((storage) => storage.setItem(MODEL, id));

/** Signing out leaves nothing of the person on a shared machine. */
export function forgetAll(): void {
  tryStorage((storage) => {
    for (const key of Object.keys(storage)) if (key.startsWith("chatelaine:")) storage.removeItem(key);
  });
}
