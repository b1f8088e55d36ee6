import { isAppError } from "@/lib/errors";
import { noteCheck } from "@/lib/keys/note-check";
import { setKeyState } from "@/lib/keys/set-state";
import { withStoredKey } from "@/lib/keys/with-key";
import { log } from "@/lib/log";
import { readKeyInfo } from "@/lib/providers/openrouter-key";

export type Refresh = { userId: string /** The user asked for it, rather than time. */; asked: boolean };

const provider = "openrouter";
const running = new Map<string, Promise<void>>();

/**
 * Asks OpenRouter about the stored key and writes the answer down. When it cannot be asked, everything stays as it was.
 * Requests that come while one is under way share it.
 */
export async function refreshStatus(refresh: Refresh, check: typeof readKeyInfo = readKeyInfo): Promise<void> {
  const name = `${refresh.userId}:${refresh.asked}`;
  const existing = running.get(name);
  if (existing) return await existing;
  const started = run(refresh, check).finally(() => running.delete(name));
  running.set(name, started);
  await started;
}

async function run({ userId, asked }: Refresh, check: typeof readKeyInfo): Promise<void> {
  try {
    await withStoredKey({ userId, provider }, async (apiKey, { keyId, keySetAt }) => {
      const result = await check(apiKey);
      const key = { userId, provider, keyId } as const;
      if (result.status === "unchecked") {
        log.warn("a key could not be checked", { ...key, detail: result.reason });
      } else if (result.status === "valid") {
        await noteCheck({ ...key, keySetAt, apiKey, check: result, forgiveCredit: asked });
      } else {
        await setKeyState({ ...key, keySetAt, state: "invalid" });
      }
    });
  } catch (error) {
    if (!isAppError(error)) throw error; // an AppError: no key any more, or one that does not open, which is stored
  }
}
