const SENTENCE_END = /[.!?…:。！？](?=\s|$)|\n/g;

/** Where the last whole sentence of a growing text ends, so that a screen reader never hears half of one. */
export function lastSentenceEnd(text: string): number {
  let end = 0;
  for (const match of text.matchAll(SENTENCE_END)) end = match.index + match[0].length;
  return end;
}
