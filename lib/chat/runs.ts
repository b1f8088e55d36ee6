/** An answer that this process is writing. */
export type Run = { userId: string; stop: () => void; ended: Promise<void> };

const shared = globalThis as { __chatelaineRuns?: Map<string, Run> };

/** By conversation: the database allows one running answer in each. */
export function runs(): Map<string, Run> {
  shared.__chatelaineRuns ??= new Map();
  return shared.__chatelaineRuns;
}
