import { expect, it } from "vitest";
import { AnswerText, BEGINNING, placeAfter } from "@/lib/chat/answer-text";
import { type LoggedEvent, partsOf } from "@/lib/conversations/answer-log";

/** Numbers from 0 to 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it("joins what belongs together, in the order it came, and leaves empty pieces out", () => {
  const text = new AnswerText();
  text.add("reasoning", "Hm");
  text.add("reasoning", ".");
  text.add("text", "");
  expect(text.isEmpty).toBe(false);
  text.addSource("https://example.org/", null);
  text.add("text", "Yes");
  expect(text.parts).toEqual([
    { type: "reasoning", text: "Hm." },
    { type: "source", url: "https://example.org/", title: null },
    { type: "text", text: "Yes" },
  ]);
});

it("is empty while it holds no words", () => {
  const text = new AnswerText();
  text.add("text", "");
  text.addSource("https://example.org/", "A page");
  expect(text.isEmpty).toBe(true);
});

it("gives readers who look at any moments the same whole, and the place after each event is where they stand", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const text = new AnswerText();
    const readers = [0.9, 0.3, 0.01].map((eagerness) => ({ eagerness, place: BEGINNING, told: [] as LoggedEvent[] }));
    const look = (reader: (typeof readers)[number]) => {
      const { events, place } = text.since(reader.place);
      reader.told.push(...(events as LoggedEvent[]));
      reader.place = events.reduce(placeAfter, reader.place);
      expect(reader.place).toEqual(place);
    };
    for (let piece = 0; piece < 1500; piece++) {
      const kind = random();
      if (kind < 0.005) text.addSource(`https://example.org/${piece}`, null);
      else text.add(kind < 0.02 ? "reasoning" : "text", `${piece} 🔑`.slice(0, Math.floor(random() * 8)));
      for (const reader of readers) if (random() < reader.eagerness) look(reader);
    }
    text.end();
    for (const reader of readers) {
      look(reader);
      expect(partsOf(reader.told)).toEqual(text.parts);
      expect(text.since(reader.place).events).toEqual([]);
    }
    expect(AnswerText.of(text.parts).since(BEGINNING).events).toEqual(text.since(BEGINNING).events);
  }
});
