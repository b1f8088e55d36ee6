import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { adminSocketPath } from "@/lib/db/admin-path";

type Line<Result> = { progress?: unknown; result?: Result; error?: string };

/** What the server refused, in its words. */
export class ServerRefusal extends Error {}

/**
 * Has the server that holds the embedded database do something.
 *
 * @returns undefined when no server listens there.
 * @throws ServerRefusal
 */
export async function askServer<Result>(
  dataDir: string,
  work: object,
  tell: (progress: never) => void,
): Promise<Result | undefined> {
  const socket = await reach(adminSocketPath(dataDir));
  if (!socket) return undefined;
  try {
    socket.write(`${JSON.stringify(work)}\n`);
    for await (const text of createInterface({ input: socket })) {
      const line = JSON.parse(text) as Line<Result>;
      if (line.error !== undefined) throw new ServerRefusal(line.error);
      if (line.result !== undefined) return line.result;
      tell(line.progress as never);
    }
    throw new ServerRefusal(
      "The server ended before it was done. Start it and run this again: it goes on where it was.",
    );
  } finally {
    socket.destroy();
  }
}

function reach(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket)).once("error", () => resolve(undefined));
  });
}
