import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";
import { adminSocketPath } from "@/lib/db/admin-path";
import { KeyWork, type KeyWorkProgress, runKeyWork } from "@/lib/keys/key-work";
import { log } from "@/lib/log";
import { AuditWork, runAuditWork } from "@/lib/operator/audit-work";
import { ImportWork, runImportWork } from "@/lib/operator/import-work";

const OWNER_ONLY = 0o177;
const MAX_LINE_CHARS = 10_000;
const Work = z.union([KeyWork, AuditWork, ImportWork]);

/**
 * Takes the operator's commands while this process holds the embedded database, which no second one may open
 * (security.md, finding 1). Whoever may read the folder's files may use it: the socket is its owner's alone. One line of
 * JSON comes in; lines of `progress` and one of `result` or `error` go out.
 *
 * @param dataDir locked by this process, so that a socket found there was left behind by a killed one.
 */
export async function openAdminSocket(dataDir: string): Promise<() => void> {
  const path = adminSocketPath(dataDir);
  rmSync(path, { force: true });
  const server = createServer((socket) => void serve(socket)).unref();
  const mask = process.umask(OWNER_ONLY); // the socket must not be open to others for a moment
  try {
    const listening = new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
    server.listen(path);
    await listening;
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
  return () => {
    server.close();
    rmSync(path, { force: true });
  };
}

async function serve(socket: Socket): Promise<void> {
  socket.on("error", () => socket.destroy()); // who asked has gone; the work goes on to its end
  const say = (line: object) => socket.writable && socket.write(`${JSON.stringify(line)}\n`);
  try {
    const work = Work.parse(JSON.parse(await firstLine(socket)));
    log.info("the operator's command runs", { name: work.command });
    say({ result: await run(work, (progress) => say({ progress })) });
  } catch (error) {
    const isTold = error instanceof Error && ["AppError", "EnvError"].includes(error.name);
    if (!isTold) log.error("the operator's command failed", { err: error });
    say({ error: isTold ? error.message : "The server could not do this; its log says why." });
  } finally {
    socket.end();
  }
}

function run(work: z.infer<typeof Work>, tell: (progress: KeyWorkProgress) => void): Promise<object> {
  switch (work.command) {
    case "audit-verify":
    case "audit-export":
      return runAuditWork(work);
    case "import":
      return runImportWork(work);
    default:
      return runKeyWork(work, tell);
  }
}

async function firstLine(socket: Socket): Promise<string> {
  for await (const line of createInterface({ input: socket })) {
    if (line.length <= MAX_LINE_CHARS) return line;
    break;
  }
  throw new Error("no command came");
}
