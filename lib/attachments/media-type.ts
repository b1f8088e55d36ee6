/** What a file can be here: an image or a document that providers read, or text. */
export type MediaType = "image/png" | "image/jpeg" | "image/webp" | "image/gif" | "application/pdf" | "text/plain";

const starts = (bytes: Uint8Array, at: number, ...wanted: number[]) =>
  wanted.every((byte, index) => bytes[at + index] === byte);
const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

/** Control characters that no text has: C0 but for tab, line feed, form feed and carriage return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const NOT_IN_TEXT = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/;

/**
 * The type of a file by what stands in it. Its name and what the sender calls it count for nothing: a page of HTML and a
 * drawing in SVG are text here, and are served as text.
 *
 * @returns undefined when it is nothing that is taken.
 */
export function mediaTypeOf(bytes: Uint8Array): MediaType | undefined {
  if (starts(bytes, 0, 0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a)) return "image/png";
  if (starts(bytes, 0, 0xff, 0xd8, 0xff)) return "image/jpeg";
  if (starts(bytes, 0, ...ascii("RIFF")) && starts(bytes, 8, ...ascii("WEBP"))) return "image/webp";
  if (starts(bytes, 0, ...ascii("GIF87a")) || starts(bytes, 0, ...ascii("GIF89a"))) return "image/gif";
  if (starts(bytes, 0, ...ascii("%PDF-"))) return "application/pdf";
  return isText(bytes) ? "text/plain" : undefined;
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  try {
    return !NOT_IN_TEXT.test(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return false; // not UTF-8
  }
}
