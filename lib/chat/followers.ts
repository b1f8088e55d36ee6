const shared = globalThis as { __chatelaineFollowers?: Set<() => void> };

/** Connections of this process to answers that others write; each can be ended. */
export function followers(): Set<() => void> {
  shared.__chatelaineFollowers ??= new Set();
  return shared.__chatelaineFollowers;
}
