import { createHash } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { EnvError } from "@/lib/env";

/** What a socket's address holds on every system we know, less the closing zero. */
const MAX_BYTES = 103;

/**
 * Where the server that holds the embedded database in this folder takes the operator's commands: a socket in the
 * folder, or, when that path is too long for a socket, in one under the temporary folder that is ours alone.
 *
 * @throws EnvError when somebody else has made that one.
 */
export function adminSocketPath(dataDir: string): string {
  const here = process.cwd();
  const inside = join(resolve(/* turbopackIgnore: true */ here, dataDir), "admin.sock");
  const short = [inside, relative(here, inside)].find((path) => Buffer.byteLength(path) <= MAX_BYTES);
  if (short) return short;
  const name = createHash("sha256").update(inside).digest("hex").slice(0, 16);
  const folder = join(tmpdir(), `chatelaine-${process.getuid?.() ?? "me"}-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(folder);
  if (mode & 0o077 || (process.getuid && uid !== process.getuid())) {
    throw new EnvError(
      `DATA_DIR: its path is too long for a socket, and ${folder} is not yours alone. Remove that one.`,
    );
  }
  return join(folder, "admin.sock");
}
