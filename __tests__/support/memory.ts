import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const CHUNK_BYTES = 16 * 2 ** 20;
/** As long as the longest thing that is searched for, so that none is missed between two chunks. */
export const OVERLAP_BYTES = 256;

/** False where the system lets nobody read another process's memory. */
export function mayRead(pid: number): boolean {
  try {
    closeSync(openSync(`/proc/${pid}/mem`, "r"));
    return true;
  } catch {
    return false;
  }
}

/** The writable memory of a process, read while it stands still; one buffer serves for all of it. */
export function* writableMemory(pid: number): Generator<Buffer> {
  process.kill(pid, "SIGSTOP");
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const buffer = Buffer.alloc(CHUNK_BYTES + OVERLAP_BYTES);
  try {
    for (const [, from = "", to = ""] of readFileSync(`/proc/${pid}/maps`, "latin1").matchAll(/^(\w+)-(\w+) rw/gm)) {
      const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
      for (let at = start; at < end; at += CHUNK_BYTES) {
        const length = readSync(memory, buffer, 0, Math.min(buffer.length, end - at), at);
        yield buffer.subarray(0, length);
      }
    }
  } finally {
    closeSync(memory);
    process.kill(pid, "SIGCONT");
  }
}
