const shared = globalThis as { __chatelaineFollowers?: Map<string, Set<() => void>> };

/** Connections of this process to answers that others write, by answer; each can be ended. */
export function followers(): Map<string, Set<() => void>> {
  shared.__chatelaineFollowers ??= new Map();
  return shared.__chatelaineFollowers;
}
