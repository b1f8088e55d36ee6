import type { FileHandle } from "node:fs/promises";
import { Unzip, UnzipInflate } from "fflate";
import { AppError } from "@/lib/errors";

const READ_BYTES = 64 * 1024;
/** Of what a zip holds, unpacked: a small file may say that it holds very much. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
/** The files of conversations in the archives of ChatGPT, Open WebUI, LibreChat and ours; the rest is not asked for. */
const WANTED = /(?:^|\/)(?:conversations?|chats?|chat-export)[\w .-]*\.json$/i;

export type Piece = { bytes: Uint8Array /** How much of the upload was read so far. */; read: number; isEnd: boolean };

/** The JSON files in an upload, piece by piece: the file itself, or those of a zip that hold conversations. */
export async function* importPieces(file: FileHandle): AsyncGenerator<Piece> {
  if (await isZip(file)) yield* unpack(file);
  else yield* plain(file);
}

async function isZip(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return bytesRead === 4 && buffer.readUInt32LE(0) === 0x04034b50;
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* plain(file: FileHandle): AsyncGenerator<Piece> {
  let read = 0;
  for await (const bytes of piecesOf(file)) {
    read += bytes.length;
    yield { bytes, read, isEnd: false };
  }
  yield { bytes: new Uint8Array(), read, isEnd: true };
}

async function* unpack(file: FileHandle): AsyncGenerator<Piece> {
  let ready: Omit<Piece, "read">[] = [];
  let unpacked = 0;
  const archive = new Unzip((entry) => {
    if (!WANTED.test(entry.name)) return; // not started: not unpacked
    entry.ondata = (error, bytes, isEnd) => {
      if (error) throw broken();
      unpacked += bytes.length;
      if (unpacked > MAX_UNPACKED_BYTES) {
        throw new AppError("payload_too_large", "What the archive holds is more than 1 GiB. Nothing more was stored.");
      }
      ready.push({ bytes, isEnd });
    };
    entry.start();
  });
  archive.register(UnzipInflate);
  let read = 0;
  for await (const bytes of piecesOf(file)) {
    read += bytes.length;
    push(archive, bytes, false);
    for (const piece of ready.splice(0)) yield { ...piece, read };
  }
  push(archive, new Uint8Array(), true);
  for (const piece of ready.splice(0)) yield { ...piece, read };
  ready = [];
}

/** Its errors name bytes and codes of the archive only; ours are passed on. */
function push(archive: Unzip, bytes: Uint8Array, isEnd: boolean): void {
  try {
    archive.push(bytes, isEnd);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw broken(error);
  }
}

const broken = (cause?: unknown) =>
  new AppError(
    "invalid_request",
    "The archive is damaged, or is no zip that can be read here. What was read is kept.",
    {
      cause,
    },
  );
