import { expect, it } from "vitest";
import { fencedFile, modalityOf } from "@/lib/chat/file-text";

const file = { name: "notes.md", mediaType: "text/plain" };

it("a text file stands in a fence that nothing in it can close", () => {
  expect(fencedFile(file, "keys\n")).toBe("File “notes.md”:\n```\nkeys\n```");
  expect(fencedFile(file, "```\nout\n````\n")).toBe("File “notes.md”:\n`````\n```\nout\n````\n`````");
});

it("what a model must take is told by the file's type", () => {
  expect(
    ["image/png", "application/pdf", "text/plain"].map((mediaType) => modalityOf({ name: "", mediaType })),
  ).toEqual(["image", "file", "text"]);
});
