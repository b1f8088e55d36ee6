import { expect, it } from "vitest";
import { unreadable } from "@/app/(chat)/_parts/readable";

const model = (name: string, inputModalities: string[], isAvailable = true) => ({
  id: `openrouter:a/${name}`,
  name: `Maker: ${name}`,
  provider: "openrouter",
  contextLength: null,
  pricing: null,
  isFree: false,
  inputModalities,
  isAvailable,
});
const blind = model("Blind", ["text"]);
const seeing = model("Seeing", ["text", "image"]);
const reading = model("Reading", ["text", "image", "file"]);
const image = { mediaType: "image/png" };
const paper = { mediaType: "application/pdf" };
const notes = { mediaType: "text/plain" };

it("text goes to every model, and what a model reads goes to it", () => {
  expect(unreadable([notes], blind, [blind])).toBeUndefined();
  expect(unreadable([image, notes], seeing, [seeing])).toBeUndefined();
  expect(unreadable([image], undefined, [])).toBeUndefined();
});

it("says what it does not read, and who can be asked and read all of it", () => {
  const all = [blind, seeing, reading, model("Closed", ["text", "image", "file"], false)];
  expect(unreadable([image, paper], blind, all)).toBe("Blind does not read images or PDF files. Reading can.");
  expect(unreadable([image], blind, [blind])).toBe("Blind does not read images. None of your models does.");
  const many = ["A", "B", "C", "D"].map((name) => model(name, ["text", "image"]));
  expect(unreadable([image], blind, many)).toBe("Blind does not read images. A, B, C and others do.");
});
