import { describe, expect, it } from "vitest";
import { pdf, png } from "@/__tests__/support/files";
import { mediaTypeOf } from "@/lib/attachments/media-type";

const bytes = (text: string) => Buffer.from(text, "latin1");

it.each([
  ["a PNG", png(), "image/png"],
  ["a JPEG", bytes("\xff\xd8\xff\xe0 JFIF"), "image/jpeg"],
  ["a WebP", bytes("RIFF\0\0\0\0WEBPVP8 "), "image/webp"],
  ["a GIF", bytes("GIF89a\x01\0"), "image/gif"],
  ["a PDF", pdf(), "application/pdf"],
  ["text in UTF-8", Buffer.from("Schlüssel\n\tund Schloß 🗝"), "text/plain"],
  ["a page, which is text here", bytes("<!doctype html><script>alert(1)</script>"), "text/plain"],
  ["a drawing with a script, which is text here", bytes('<svg onload="alert(1)"/>'), "text/plain"],
])("%s is known by its bytes", (_, file, type) => {
  expect(mediaTypeOf(file)).toBe(type);
});

describe("what is refused", () => {
  it.each([
    ["nothing", bytes("")],
    ["a program", bytes("\x7fELF\x02\x01\x01\0")],
    ["a program for Windows", bytes("MZ\x90\0\x03\0")],
    ["an archive", bytes("PK\x03\x04\x14\0")],
    ["text with a zero in it", bytes("text\0more")],
    ["text in Latin-1", bytes("Schl\xfcssel")],
    ["text in UTF-16", Buffer.from("\ufeffkeys", "utf16le")],
    ["a picture's name without its bytes", bytes("\x89PNG\n\x1a\n\0\0")],
    ["escape sequences of a terminal", bytes("\x07\x08bell")],
    ["a PDF behind other bytes", bytes("\0\0%PDF-1.4")],
    ["RIFF that is a sound", bytes("RIFF\0\0\0\0WAVEfmt \0")],
  ])("%s", (_, file) => expect(mediaTypeOf(file)).toBeUndefined());
});

it("a file that is two things at once counts as the one that its first bytes name", () => {
  expect(mediaTypeOf(Buffer.concat([bytes("GIF89a/*"), bytes("*/=1;alert(1)")]))).toBe("image/gif");
  expect(mediaTypeOf(Buffer.concat([png(), pdf()]))).toBe("image/png");
});
