const FENCE = /^(`{3,}(?=[^`]*$)|~{3,})/;
const CODE_RUN = /`+/g;

/**
 * Markdown in which no HTML is left that a viewer might run, and no image that it would fetch: `<` and `![` are escaped
 * wherever they are not code beyond doubt. Fences count at the beginning of a line only, and code in a line only where
 * its backticks pair up in every line of its paragraph: elsewhere viewers could read them in another way than this does.
 */
export function inertMarkdown(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const out: string[] = [];
  let fence: string | undefined;
  let paragraph: string[] = [];
  const endParagraph = () => {
    const trusted = paragraph.every(hasPairedCode);
    out.push(...paragraph.map((line) => (trusted ? escapeAroundCode(line) : escapeAll(line))));
    paragraph = [];
  };
  for (const line of lines) {
    if (fence !== undefined) {
      out.push(line);
      if (isClosing(line, fence)) fence = undefined;
      continue;
    }
    fence = FENCE.exec(line)?.[1];
    if (fence === undefined && line.trim() !== "") {
      paragraph.push(line);
      continue;
    }
    endParagraph();
    out.push(line);
  }
  endParagraph();
  if (fence !== undefined) out.push(fence); // what follows in the file is not code
  return out.join("\n");
}

/** Not by a backslash before them: one that is there already would escape that one. */
const escapeAll = (text: string) => text.replace(/<(?=[a-z!/?])/gi, "&lt;").replaceAll("![", "!\\[");

function isClosing(line: string, fence: string): boolean {
  const run = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line)?.[1];
  return run !== undefined && run[0] === fence[0] && run.length >= fence.length;
}

/** No backslash before a backtick, no cell border, and every run of backticks has its like in the same line. */
function hasPairedCode(line: string): boolean {
  const runs = line.match(CODE_RUN) ?? [];
  if (runs.length === 0) return true;
  if (line.includes("\\`") || line.includes("|")) return false;
  return runs.length % 2 === 0 && runs.every((run, n) => n % 2 === 1 || run === runs[n + 1]);
}

const escapeAroundCode = (line: string) =>
  line
    .split(/(`+[^`]+`+)/)
    .map((piece, n) => (n % 2 === 1 ? piece : escapeAll(piece)))
    .join("");

/** Text that stands for itself in one line of Markdown. */
export const plainInMarkdown = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\`*_{}[\]<>()#+!|~&-]/g, "\\$&");
