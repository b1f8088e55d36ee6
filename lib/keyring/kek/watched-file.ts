import type { KeyObject } from "node:crypto";
import { keyId } from "@/lib/crypto";
import { log } from "@/lib/log";
import { readKeyFile } from "./file";

/** A replaced key is taken at the second look that finds it: within 3 s. */
const EVERY_MS = 1500;

export type WatchedKeys = {
  /** The newest first; another array when they have changed. */
  keys: () => KeyObject[];
  stop: () => void;
};

/**
 * Follows the file while the app runs. A key that another one replaces stays as an earlier one until the next start. A
 * file that is gone, open to others, half written or no key changes nothing: the log says why, once. A new key must be
 * found twice, unchanged, so that one that is being written is never taken for a key.
 *
 * @throws EnvError when the file cannot be used now.
 */
export async function watchKeyFile(
  path: string,
  previous: KeyObject[],
  everyMs: number = EVERY_MS,
): Promise<WatchedKeys> {
  let keys = [await readKeyFile(path), ...previous];
  let seen = keys[0] as KeyObject;
  let complaint = "";
  let isOver = false;

  const look = async () => {
    const found = await readKeyFile(path).catch((error: Error) => error);
    if (isOver) return;
    if (found instanceof Error) {
      if (found.message !== complaint) log.warn("the encryption key file cannot be used", { err: found });
      complaint = found.message;
      return;
    }
    complaint = "";
    const isStable = found.equals(seen);
    seen = found;
    if (!isStable || (keys[0] as KeyObject).equals(found)) return;
    keys = [found, ...keys.filter((key) => !key.equals(found))];
    log.info("the encryption key file was replaced", { keyId: keyId(found) });
  };

  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look().finally(() => {
      isLooking = false;
    });
  }, everyMs).unref();
  const stop = () => {
    isOver = true;
    clearInterval(timer);
  };
  return { keys: () => keys, stop };
}
