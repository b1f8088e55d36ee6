import { sweepAttachmentsRegularly } from "@/lib/attachments/sweep";
import { writeGathered } from "@/lib/audit/gather";
import { signHeadsRegularly } from "@/lib/audit/sign-heads";
import { writeCalls } from "@/lib/calls/record-call";
import { drainAnswers } from "@/lib/chat/drain";
import { ownAnswerIds } from "@/lib/chat/runs";
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
import { drainCalls } from "@/lib/v1/open-calls";
import { openAdminSocket } from "./admin-socket";
import { answerProgramsFirst } from "./front";

/** Everything that must be right before the first request; when something is not, the process ends. */
export async function start(): Promise<void> {
  try {
    // next-auth would take its origin from there, or from `Host`; the path of the URL is not ours to hand it.
    process.env.NEXTAUTH_URL = env().APP_ORIGIN;
    await migrate();
    await unlock(end);
    // No other process has the embedded database open, so whoever wrote there is dead.
    await sweepInterrupted(env().DATABASE_URL ? {} : { silentSeconds: 0 });
    sweepRegularly(ownAnswerIds);
    sweepAttachmentsRegularly();
    signHeadsRegularly();
    watchPeers();
    answerProgramsFirst();
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

/** What a deploy leaves a running answer; orchestrators send SIGKILL after 30 s. */
const LAST_ANSWERS_MS = 25_000;
/** For requests that are no answers. */
const LAST_REQUESTS_MS = 2000;
const onGlobal = globalThis as { __chatelaineExit?: boolean };

/**
 * On a signal, Next would close its doors at once, wait for every request, and call `process.exit`. Here answers come
 * first: they run to their ends for a while, can still be read, stopped and picked up, and only new questions are
 * refused. Then Next does as it would, and the moment it exits is the moment to close the database.
 */
function closeDatabaseOnExit(leave: () => Promise<void>): void {
  if (onGlobal.__chatelaineExit) return;
  onGlobal.__chatelaineExit = true;
  const exit = process.exit.bind(process);
  const close = (code?: number) => {
    setTimeout(exit, 2000, code).unref();
    void Promise.allSettled([writeUses(), writeGathered(), writeCalls(), leave()])
      .then(() => Promise.all([closeConnection(), closeRedis()]))
      .then(
        () => exit(code),
        () => exit(code),
      );
  };
  let signalledAt: number | undefined;
  const hurry = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const others = process.rawListeners(signal);
    process.removeAllListeners(signal);
    process.on(signal, async () => {
      // A shell and npm send the same signal twice at once; later, it is somebody who does not want to wait.
      if (signalledAt !== undefined) return void (performance.now() - signalledAt > 1000 && hurry.abort());
      signalledAt = performance.now();
      process.exit = close as typeof process.exit;
      const ending = { withinMs: LAST_ANSWERS_MS, hurry: hurry.signal };
      await Promise.all([drainAnswers(ending), drainCalls(ending)]).catch((error: unknown) =>
        log.error("answers could not be ended", { err: error }),
      );
      setTimeout(close, LAST_REQUESTS_MS, 143).unref();
      for (const listener of others) listener.call(process, signal);
    });
  }
}
