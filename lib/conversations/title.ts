const MAX_CHARS = 80;

/** A first title: the question's first line, cut between words. */
export function titleOf(question: string): string | null {
  const line = question.trim().split("\n")[0]?.replace(/\s+/g, " ").trim() ?? "";
  if (line.length <= MAX_CHARS) return line === "" ? null : line;
  const cut = line.slice(0, MAX_CHARS);
  const atWord = cut.lastIndexOf(" ");
  return `${(atWord > MAX_CHARS / 2 ? cut.slice(0, atWord) : cut).trimEnd()}…`;
}

const NAME_MAX_CHARS = 60;

/** A title that a model gave, as plain words in one line, whatever it wrote around them; null when nothing is left. */
export function nameOf(answer: string): string | null {
  const line = answer
    .toWellFormed()
    .split(/[\r\n\u2028\u2029]+/)
    .map((one) =>
      one
        .replace(/[\p{C}]/gu, " ")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .find((one) => /[\p{L}\p{N}]/u.test(one));
  const plain = (line ?? "")
    .replace(/^title\s*:\s*/i, "")
    .replace(/^[\s"'`*_#>“”„«»‘’-]+|[\s"'`*_“”„«»‘’]+$/gu, "")
    .replace(/(?<!\.)\.$/, "");
  if (!/[\p{L}\p{N}]/u.test(plain)) return null;
  const chars = [...plain];
  if (chars.length <= NAME_MAX_CHARS) return plain;
  const cut = chars.slice(0, NAME_MAX_CHARS - 1).join("");
  const atWord = cut.lastIndexOf(" ");
  return `${(atWord > NAME_MAX_CHARS / 2 ? cut.slice(0, atWord) : cut).trimEnd()}…`;
}
