import { expect, it } from "vitest";
import { AnswerSpeech, plainWords } from "@/app/(chat)/_parts/answer-speech";

it.each([
  ["## A **bold** `word` and _one_ more", "A bold word and one more"],
  ["see [the docs](https://example.org/a?b) or https://example.org/long/path", "see the docs or example.org"],
  ["![a map](https://example.org/x.png)", "Picture: a map"],
  ["- one\n- [x] two\n> three", "one two three"],
  ["snake_case and 2 * 3 stay", "snake_case and 2 * 3 stay"],
  ["so $$x$$ it is[^1]", "so x it is"],
])("of %j a listener hears %j", (markdown, words) => {
  expect(plainWords(markdown)).toBe(words);
});

it("a listener hears whole sentences once each, and code and tables by their size", () => {
  const answer =
    "First one. Second **one**.\n\n```ts\nconst a = 1;\nconst b = 2;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nAnd the *end*";
  const speech = new AnswerSpeech();
  const heard: string[] = [];
  for (let at = 1; at <= answer.length; at++) heard.push(speech.next(answer.slice(0, at), false));
  heard.push(speech.next(answer, true));
  expect(heard.filter((words) => words !== "")).toEqual([
    "First one.",
    "Second one.",
    "Code: TypeScript, 2 lines.",
    "A table with 1 row.",
    "And the end",
  ]);
});
