import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@/lib/errors";

const MIB = 1024 * 1024;

/** Closing the file ends it. */
export type Spooled = { file: FileHandle; bytes: number };

/**
 * Takes an upload onto the disk, so that a large file needs no memory and is whole before anything is done with it. The
 * file has no name any more by the time it is written: nobody else can open it, and it is gone with this process.
 *
 * @throws AppError `payload_too_large`; the stream's own error when the upload broke off
 */
export async function spool(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes }: { maxBytes: number },
): Promise<Spooled> {
  const file = await openNameless();
  let bytes = 0;
  try {
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw new AppError("payload_too_large", `The file may have at most ${maxBytes / MIB} MiB.`);
      }
      await file.writeFile(chunk);
    }
    return { file, bytes };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "chatelaine-upload-"));
  try {
    return await open(join(folder, "file"), "w+", 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
