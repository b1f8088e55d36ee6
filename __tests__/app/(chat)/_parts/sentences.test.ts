import { expect, it } from "vitest";
import { lastSentenceEnd } from "@/app/(chat)/_parts/sentences";

it.each([
  ["Half a sen", ""],
  ["One. Two is not don", "One."],
  ["Version 4.5 is", ""],
  ["First line\nsecond", "First line\n"],
  ["Really? Yes! And", "Really? Yes!"],
])("lets a screen reader hear only whole sentences of %j", (text, heard) => {
  expect(text.slice(0, lastSentenceEnd(text))).toBe(heard);
});
