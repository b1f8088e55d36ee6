import type { Instrumentation } from "next";

/** Runs once, before the server takes requests: everything that must be right before it serves. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  try {
    const { env } = await import("@/lib/env");
    // next-auth would take its origin from there, or from `Host`; the path of the URL is not ours to hand it.
    process.env.NEXTAUTH_URL = env().APP_ORIGIN;

    const { migrate } = await import("@/lib/db/migrate");
    await migrate();
    const { keyring } = await import("@/lib/keyring/open-keyring");
    await keyring();
    const { sweepInterrupted, sweepRegularly } = await import("@/lib/conversations/sweep-interrupted");
    await sweepInterrupted();
    sweepRegularly();

    const { watchPeers } = await import("@/lib/http/client-address");
    watchPeers();
    await closeDatabaseOnExit();
  } catch (error) {
    // Next would stay up and answer 500 to everything.
    await sayWhy(error);
    process.exit(1);
  }
}

/** What a page or handler threw past our own wrapper. Never its message: it may quote what the user wrote. */
export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { log } = await import("@/lib/log");
  const requestId = [request.headers["x-request-id"]].flat()[0];
  log.error("a page failed", { requestId, route: context.routePath, method: request.method, err: error });
};

async function sayWhy(error: unknown): Promise<void> {
  // The logger needs a valid configuration, so a fault in it is told without one. Its text names no values.
  if (error instanceof Error && error.name === "EnvError") process.stderr.write(`${error.message}\n`);
  else (await import("@/lib/log")).log.fatal("the app could not start", { err: error });
}

const LAST_ANSWERS_MS = 10_000;
const onGlobal = globalThis as { __chatelaineExit?: boolean };

/**
 * On a signal, Next waits for running answers and then calls `process.exit`. That is the moment to close the database;
 * answers that are still running after 10 s are cut, and shown as interrupted after the next start.
 */
async function closeDatabaseOnExit(): Promise<void> {
  if (onGlobal.__chatelaineExit) return;
  onGlobal.__chatelaineExit = true;
  const { closeConnection } = await import("@/lib/db/client");
  const exit = process.exit.bind(process);
  const onSignal = () => {
    process.exit = ((code?: number) => {
      setTimeout(exit, 2000, code).unref();
      void closeConnection().then(
        () => exit(code),
        () => exit(code),
      );
    }) as typeof process.exit;
    setTimeout(() => process.exit(143), LAST_ANSWERS_MS).unref();
  };
  process.once("SIGTERM", onSignal);
  process.once("SIGINT", onSignal);
}
