import { db } from "@/lib/db/client";
import { log } from "@/lib/log";
import { forgetReplacedKeys } from "./forget-replaced-keys";
import { recheckKeys } from "./recheck-keys";

const EVERY_MS = 60_000;
const shared = globalThis as { __chatelaineTending?: () => Promise<void> };

/**
 * About once a minute: forgets replaced keys whose time to undo is over, and asks providers about keys that are due. The
 * moments are spread by chance, so that instances that start together do not go on together.
 *
 * @returns ends it, and waits for what is under way, whose calls are given up.
 */
export function tendKeysRegularly(everyMs: number = EVERY_MS): () => Promise<void> {
  shared.__chatelaineTending ??= begin(everyMs);
  return shared.__chatelaineTending;
}

function begin(everyMs: number): () => Promise<void> {
  const ending = new AbortController();
  let running = Promise.resolve();
  let timer = plan();
  return async () => {
    ending.abort();
    clearTimeout(timer);
    shared.__chatelaineTending = undefined;
    await running;
  };

  function plan(): NodeJS.Timeout {
    const waitMs = everyMs * (0.5 + Math.random());
    return setTimeout(() => {
      running = tend(ending.signal).finally(() => {
        if (!ending.signal.aborted) timer = plan();
      });
    }, waitMs).unref();
  }
}

async function tend(signal: AbortSignal): Promise<void> {
  const tasks = [db().then(forgetReplacedKeys), recheckKeys({ signal })];
  for (const task of await Promise.allSettled(tasks)) {
    if (task.status === "rejected") log.warn("keys could not be tended", { err: task.reason });
  }
}
