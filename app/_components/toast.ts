export type ToastTone = "plain" | "ok" | "bad";
export type Toast = {
  id: number;
  text: string;
  tone: ToastTone;
  durationMs: number;
  action?: { label: string; run: () => void };
};

const DEFAULT_MS = 6000;
let nextId = 1;
let toasts: readonly Toast[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Shows a short notice at the edge of the page. Returns its id, with which it can be taken away early. */
export function toast(text: string, options: Partial<Omit<Toast, "id" | "text">> = {}): number {
  const id = nextId++;
  const others = toasts.filter((entry) => entry.text !== text);
  publish([...others.slice(-2), { id, text, tone: "plain", durationMs: DEFAULT_MS, ...options }]);
  return id;
}

export const dismissToast = (id: number): void => publish(toasts.filter((entry) => entry.id !== id));
export const currentToasts = (): readonly Toast[] => toasts;

export function subscribeToToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
