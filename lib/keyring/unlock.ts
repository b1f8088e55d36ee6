import { setTimeout as delay } from "node:timers/promises";
import { env } from "@/lib/env";
import { type AppError, isAppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { forgetKeks } from "./kek/env";
import { isKeyStoreAway } from "./kek/key-store-away-error";
import { KeyFileError } from "./key-file-error";
import { lock } from "./lock";
import { openRing } from "./open-keyring";

const FIRST_WAIT_MS = 250;
/** With the time an attempt may take, the app is open within 10 s of the key store's return. */
const LONGEST_WAIT_MS = 3000;
/** A file is looked at more often, so that the app is open within 5 s of the right one's return. */
const LONGEST_WAIT_FOR_FILE_MS = 1000;

/**
 * Opens the ring of this process. Where the key store that holds the key encryption key is away, or its file is missing
 * or holds another key, the app starts locked all the same: what needs no keys works, the rest is refused with the
 * reason, and this goes on trying in the background.
 *
 * @param refuse called when a key store has returned and it turns out that the keys do not fit.
 * @throws EnvError when the keys do not fit and are not in a file, or a key store refuses us: waiting would not help.
 */
export async function unlock(refuse: (error: unknown) => void, open: () => Promise<unknown> = openRing): Promise<void> {
  try {
    await open();
    lock(undefined);
  } catch (error) {
    const reason = lockedBy(error);
    if (!reason) throw error;
    lock(reason);
    log.error(LOCKED[nameOf(reason)], { err: error });
    keepTrying(open, error).catch((final: unknown) => {
      lock(undefined);
      refuse(final);
    });
  }
}

const LOCKED = {
  file: "locked: the encryption key file cannot be used; looking at it every second",
  store: "locked: the key store is away; trying on",
};
const UNLOCKED = {
  file: "unlocked: the encryption key file holds the right key",
  store: "unlocked: the key store is back",
};
const nameOf = (reason: AppError) => (isKeyStoreAway(reason) ? "store" : "file");

/** @returns undefined when waiting would not help: what the environment holds does not change while we run. */
function lockedBy(error: unknown): AppError | undefined {
  if (isAppError(error) && isKeyStoreAway(error)) return error;
  return isEnvError(error) && env().ENCRYPTION_KEY_FILE ? new KeyFileError(error) : undefined;
}

async function keepTrying(open: () => Promise<unknown>, first: unknown): Promise<void> {
  let [last, reason] = [first, lockedBy(first)];
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, longestWait())) {
    await delay(waitMs, undefined, { ref: false });
    if (env().ENCRYPTION_KEY_FILE) forgetKeks(); // a key that does not fit must not stay as an earlier one
    try {
      await open();
      lock(undefined);
      log.info(UNLOCKED[reason ? nameOf(reason) : "store"]);
      return;
    } catch (error) {
      const now = lockedBy(error);
      if (!now && isEnvError(error)) throw error;
      if (!now) continue; // the database failed, say: the old reason stands
      if (messageOf(error) !== messageOf(last)) log.error(LOCKED[nameOf(now)], { err: error });
      lock(now);
      [last, reason] = [error, now];
    }
  }
}

const longestWait = () => (env().ENCRYPTION_KEY_FILE ? LONGEST_WAIT_FOR_FILE_MS : LONGEST_WAIT_MS);
const isEnvError = (error: unknown): error is Error => error instanceof Error && error.name === "EnvError";
const messageOf = (error: unknown) => (error instanceof Error ? error.message : "");
