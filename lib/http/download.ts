import { ReadableStream } from "node:stream/web";

type Pieces = AsyncIterator<string | Uint8Array>;

const ASCII_CHARS = 60;

/**
 * A file for the browser to keep: never shown, so never run, whatever it holds. It is made as fast as it is taken.
 *
 * @param name any text; what no file system minds is made of it.
 */
export function download(pieces: Pieces, { name, type }: { name: string; type: string }): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
      },
      cancel: async () => void (await pieces.return?.()),
    },
    { highWaterMark: 1 },
  );
  return new Response(body as unknown as BodyInit, {
    headers: {
      "content-type": type,
      "content-disposition": disposition(name),
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-store, no-transform",
    },
  });
}

/** RFC 6266: a plain name for old programs, the true one as UTF-8. */
function disposition(name: string): string {
  const safe = safeFileName(name);
  const ascii = safe
    .normalize("NFKD")
    .replace(/[^\x20-\x7e]/g, "")
    .replace(/["\\]/g, "");
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(safe).replace(/['()*]/g, hex)}`;
}

const hex = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

/** Nothing that leads elsewhere, starts a program, turns the text around, or hides the file. */
export function safeFileName(name: string): string {
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  const safe = stem
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}<>:"/\\|?*%~$`'&;#{}[\]]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^[.\s-]+|[.\s]+$/g, "");
  const cut = [...safe].slice(0, ASCII_CHARS).join("").trim();
  const isDevice = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(cut.split(".")[0] ?? "");
  return `${cut === "" || isDevice ? "file" : cut}${extension}`;
}
