import type { KeyObject } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { EnvError, parseEncryptionKey } from "@/lib/env";

/** 44 characters of base64 and one line end: nothing else is read. */
const MAX_BYTES = 45;

/**
 * Reads the key encryption key from a file: one line of base64 as in ENCRYPTION_KEY. What is checked is the file that
 * was opened, not the name, so that a swap in between changes nothing.
 *
 * @throws EnvError when it is missing, not a plain file, readable by others, another user's, or not a key.
 */
export async function readKeyFile(path: string): Promise<KeyObject> {
  let file: FileHandle | undefined;
  try {
    // Not blocking, so that a pipe put in its place is refused instead of waited for.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readKey(file, path);
  } catch (error) {
    if (error instanceof EnvError) throw error;
    throw refusal(path, `it cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown reason"})`);
  } finally {
    await file?.close();
  }
}

async function readKey(file: FileHandle, path: string): Promise<KeyObject> {
  const { mode, uid, size, mtimeMs } = await file.stat();
  const me = process.getuid?.();
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw refusal(path, "it is not a file");
  if (mode & 0o077) throw refusal(path, "others may read or change it. Mend: chmod 600");
  if (me !== undefined && uid !== me && uid !== 0) throw refusal(path, "it belongs to another user");
  if (size > MAX_BYTES)
    throw refusal(path, `it is longer than ${MAX_BYTES} bytes. It must hold one key and nothing else`);
  const text = await file.readFile("latin1");
  if ((await file.stat()).mtimeMs !== mtimeMs) throw refusal(path, "it is being written at this moment. Try again");
  try {
    return parseEncryptionKey(text.replace(/\n$/, ""));
  } catch (error) {
    throw refusal(path, (error as EnvError).message);
  }
}

const refusal = (path: string, reason: string) => new EnvError(`ENCRYPTION_KEY_FILE (${path}): ${reason}`);
