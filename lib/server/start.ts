import { writeGathered } from "@/lib/audit/gather";
import { signHeadsRegularly } from "@/lib/audit/sign-heads";
import { sweepInterrupted, sweepRegularly } from "@/lib/conversations/sweep-interrupted";
import { closeConnection } from "@/lib/db/client";
import { migrate } from "@/lib/db/migrate";
import { env } from "@/lib/env";
import { watchPeers } from "@/lib/http/client-address";
import { beatRegularly } from "@/lib/keyring/heartbeat";
import { unlock } from "@/lib/keyring/unlock";
import { writeUses } from "@/lib/keys/note-use";
import { tendKeysRegularly } from "@/lib/keys/tend-keys";
import { log } from "@/lib/log";
import { closeRedis } from "@/lib/rate-limit/redis";
import { openAdminSocket } from "./admin-socket";

/** Everything that must be right before the first request; when something is not, the process ends. */
export async function start(): Promise<void> {
  try {
    // next-auth would take its origin from there, or from `Host`; the path of the URL is not ours to hand it.
    process.env.NEXTAUTH_URL = env().APP_ORIGIN;
    await migrate();
    await unlock(end);
    await sweepInterrupted();
    sweepRegularly();
    signHeadsRegularly();
    watchPeers();
    closeDatabaseOnExit(await answerOperators());
  } catch (error) {
    end(error);
  }
}

/**
 * Lets the operator's commands know of this process, and reach the database through it when that is the embedded one.
 *
 * @returns ends both.
 */
async function answerOperators(): Promise<() => Promise<void>> {
  const { DATABASE_URL, DATA_DIR } = env();
  const stopBeating = await beatRegularly();
  const stopTending = tendKeysRegularly();
  const closeSocket = DATABASE_URL ? undefined : await openAdminSocket(DATA_DIR);
  return async () => {
    closeSocket?.();
    await Promise.all([stopTending(), stopBeating()]);
  };
}

/** Next would stay up and answer 500 to everything. */
function end(error: unknown): void {
  sayWhy(error);
  process.exit(1);
}

/** What a page or handler threw past our own wrapper. Never its message: it may quote what the user wrote. */
export function reportPageError(error: unknown, where: { requestId?: string; route: string; method: string }): void {
  log.error("a page failed", { ...where, err: error });
}

function sayWhy(error: unknown): void {
  // The logger needs a valid configuration, so a fault in it is told without one. Its text names no values.
  if (error instanceof Error && error.name === "EnvError") process.stderr.write(`${error.message}\n`);
  else log.fatal("the app could not start", { err: error });
}

const LAST_ANSWERS_MS = 10_000;
const onGlobal = globalThis as { __chatelaineExit?: boolean };

/**
 * On a signal, Next waits for running answers and then calls `process.exit`. That is the moment to close the database;
 * answers that are still running after 10 s are cut, and shown as interrupted after the next start.
 */
function closeDatabaseOnExit(leave: () => Promise<void>): void {
  if (onGlobal.__chatelaineExit) return;
  onGlobal.__chatelaineExit = true;
  const exit = process.exit.bind(process);
  const onSignal = () => {
    process.exit = ((code?: number) => {
      setTimeout(exit, 2000, code).unref();
      void Promise.allSettled([writeUses(), writeGathered(), leave()])
        .then(() => Promise.all([closeConnection(), closeRedis()]))
        .then(
          () => exit(code),
          () => exit(code),
        );
    }) as typeof process.exit;
    setTimeout(() => process.exit(143), LAST_ANSWERS_MS).unref();
  };
  process.once("SIGTERM", onSignal);
  process.once("SIGINT", onSignal);
}
