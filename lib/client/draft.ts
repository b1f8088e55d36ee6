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
