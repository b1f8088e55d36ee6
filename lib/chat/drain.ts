import { AppError } from "@/lib/errors";
import { followers } from "./followers";
import { placesTaken } from "./places";
import { runs } from "./runs";

const RETRY_AFTER_SECONDS = 5;
const LOOK_EVERY_MS = 100;
const shared = globalThis as { __chatelaineDraining?: boolean };

export const isDraining = (): boolean => shared.__chatelaineDraining ?? false;

/** @throws AppError while this process is about to end: another one, or the next, takes the question. */
export function refuseWhileDraining(): void {
  if (!isDraining()) return;
  throw new AppError(
    "internal",
    "The server is restarting. Your question was not sent and nothing was charged. Send it again in a moment.",
    { status: 503, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/**
 * Before the process ends: takes no new questions, lets running answers come to their ends, and interrupts those that
 * do not in time. All of them are saved when this returns.
 */
export async function drainAnswers({ withinMs, hurry }: { withinMs: number; hurry?: AbortSignal }): Promise<void> {
  shared.__chatelaineDraining = true;
  const until = performance.now() + withinMs;
  while (runs().size + placesTaken() > 0 && performance.now() < until && !hurry?.aborted) {
    await new Promise((go) => setTimeout(go, LOOK_EVERY_MS));
  }
  const left = [...runs().values()];
  for (const run of left) run.interrupt();
  for (const ends of followers().values()) for (const end of ends) end(); // they are picked up again elsewhere
  await Promise.all(left.map(({ ended }) => ended));
}
