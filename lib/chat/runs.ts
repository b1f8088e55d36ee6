/** An answer that this process is writing. */
export type Run = {
  userId: string;
  answerId: string;
  stop: () => void;
  /** Ends it because this process must. */
  interrupt: () => void;
  /** How many read it just now. */
  readers: () => number;
  /** The whole answer for one more reader, from its beginning and then live. */
  read: () => ReadableStream<Uint8Array>;
  ended: Promise<void>;
};

const shared = globalThis as { __chatelaineRuns?: Map<string, Run> };

/** By conversation: the database allows one running answer in each. */
export function runs(): Map<string, Run> {
  shared.__chatelaineRuns ??= new Map();
  return shared.__chatelaineRuns;
}

/** For the sweep: these have a writer, however long the database has not heard of it. */
export const ownAnswerIds = (): string[] => [...runs().values()].map(({ answerId }) => answerId);
