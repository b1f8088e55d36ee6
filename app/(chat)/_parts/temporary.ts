"use client";
import { useSyncExternalStore } from "react";
import { mutate } from "swr";
import { paths } from "@/lib/client/api";
import { TemporarySession } from "@/lib/client/temporary-session";

type Temporary = { id: string; session: TemporarySession };

/** The one temporary chat of this tab, in its memory only. It belongs to the new chat that it was begun in. */
let current: Temporary | null = null;
const listeners = new Set<() => void>();

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

function put(next: Temporary | null): void {
  current?.session.stop();
  current = next;
  for (const listener of listeners) listener();
}

export function beginTemporary(id: string): void {
  const session = new TemporarySession();
  session.onOver = () => void Promise.all([mutate(paths.status), mutate(paths.keys)]);
  put({ id, session });
}
export const endTemporary = (): void => put(null);

/** The temporary chat of this page, if it has become one. */
export function useTemporary(id: string): TemporarySession | null {
  const shown = useSyncExternalStore(
    subscribe,
    () => current,
    () => null,
  );
  return shown?.id === id ? shown.session : null;
}
