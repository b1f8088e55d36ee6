import { setTimeout as delay } from "node:timers/promises";
import { log } from "@/lib/log";
import { isKeyStoreAway } from "./kek/key-store-away-error";
import { keyring } from "./open-keyring";

const FIRST_WAIT_MS = 250;
/** With the time an attempt may take, the app is open within 10 s of the key store's return. */
const LONGEST_WAIT_MS = 3000;

/**
 * Opens the ring of this process. Where the key store that holds the key encryption key is away, the app starts locked
 * all the same: what needs no keys works, the rest is refused with the reason, and this goes on trying in the background.
 *
 * @param refuse called when a key store has returned and it turns out that the keys do not fit.
 * @throws EnvError when the keys do not fit, or a key store refuses us: waiting would not help.
 */
export async function unlock(refuse: (error: unknown) => void, open: () => Promise<unknown> = keyring): Promise<void> {
  try {
    await open();
  } catch (error) {
    if (!isKeyStoreAway(error)) throw error;
    log.error("locked: the key store is away; trying on", { err: error });
    keepTrying(open).catch(refuse);
  }
}

async function keepTrying(open: () => Promise<unknown>): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    await delay(waitMs, undefined, { ref: false });
    try {
      await open();
      log.info("unlocked: the key store is back");
      return;
    } catch (error) {
      if (error instanceof Error && error.name === "EnvError") throw error;
    }
  }
}
