/**
 * Formulas as models write them, in the one form that the parser reads: `$$`. A single `$` counts only by pandoc's rule
 * (no space inside, no digit after), so that "$5 and $10" stays money.
 */
const FORMULAS =
  /(`+)[^`][\s\S]*?\1|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|^[ \t]*\$\$[ \t]*([^$\n]+?)[ \t]*\$\$[ \t]*$|(?<![\\$\w])\$(?![\s$])([^$\n]*?[^\s\\$])\$(?![\d$])/gm;

export function withPlainFormulas(text: string): string {
  if (!/\$|\\[([]/.test(text)) return text;
  return text.replace(FORMULAS, (whole, code, brackets, parens, line, dollars) => {
    if (code !== undefined) return whole;
    const display = brackets ?? line;
    if (display !== undefined) return `\n$$\n${display.trim()}\n$$\n`;
    return `$$${(parens ?? dollars).trim()}$$`;
  });
}

export const holdsFormula = (text: string): boolean => text.includes("$$");
