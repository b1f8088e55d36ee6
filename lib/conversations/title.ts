const MAX_CHARS = 80;

/** A first title: the question's first line, cut between words. */
export function titleOf(question: string): string | null {
  const line = question.trim().split("\n")[0]?.replace(/\s+/g, " ").trim() ?? "";
  if (line.length <= MAX_CHARS) return line === "" ? null : line;
  const cut = line.slice(0, MAX_CHARS);
  const atWord = cut.lastIndexOf(" ");
  return `${(atWord > MAX_CHARS / 2 ? cut.slice(0, atWord) : cut).trimEnd()}…`;
}
