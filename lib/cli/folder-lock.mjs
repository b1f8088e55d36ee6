import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault, ROOT } from "./root.mjs";

/**
 * Lets one command at a time install, build and serve in this folder: two would write over each other's files. The
 * lock is a local socket, which stops answering when its holder ends, however it ends.
 *
 * @param {string} [folder]
 * @returns {Promise<() => void>} gives the folder back
 * @throws Fault when another command holds it
 */
export async function lockFolder(folder = ROOT) {
  const path = join(tmpdir(), `chatelaine-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}.sock`);
  const server = createServer((socket) => socket.end()).unref();
  const release = () => {
    server.close();
    rmSync(path, { force: true });
    process.off("exit", release);
  };
  const taken = await listen(server, path);
  const stale = taken && !(await answers(path));
  if (stale) rmSync(path, { force: true }); // left behind by a killed holder
  if (!taken || (stale && !(await listen(server, path)))) {
    process.once("exit", release);
    return release;
  }
  throw new Fault(
    "Chatelaine is already running or being built in this folder. Stop that one first, or use a second clone.",
  );
}

/** @param {import("node:net").Server} server @param {string} path @returns {Promise<boolean>} whether it was taken */
function listen(server, path) {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === "EADDRINUSE") resolve(true);
      else reject(error);
    });
    server.listen(path, () => resolve(false));
  });
}

/** @param {string} path @returns {Promise<boolean>} */
function answers(path) {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
