import { createCssVariablesTheme, createHighlighterCore, type GrammarState, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { languageOf } from "./languages";

export type Token = { at: number; content: string; color: string | undefined };
/** Coloured code, and where its grammar stood at the end, to go on from there. */
export type Highlighted = { text: string; tokens: readonly Token[]; end: GrammarState | undefined };

/** The colours are variables of globals.css, so that both themes share what has been coloured. */
const theme = createCssVariablesTheme({ name: "answer", variablePrefix: "--code-", fontStyle: false });
const LONGEST_LINE = 1000;
const LONGEST_MS = 60;

let highlighter: Promise<HighlighterCore> | undefined;

/** @returns what colours code of that language piece by piece; undefined when its grammar is not among ours. */
export async function highlighterFor(
  written: string,
): Promise<((text: string, before: GrammarState | undefined) => Highlighted) | undefined> {
  const language = languageOf(written);
  if (!language) return undefined;
  // The JavaScript engine needs no WebAssembly, which the content security policy forbids.
  highlighter ??= createHighlighterCore({
    themes: [theme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const [core, grammar] = await Promise.all([highlighter, language.grammar()]);
  await core.loadLanguage(grammar.default);
  const lang = grammar.default.at(-1)?.name ?? "text";
  return (text, before) => {
    const options = { lang, theme: "answer", tokenizeMaxLineLength: LONGEST_LINE, tokenizeTimeLimit: LONGEST_MS };
    const { tokens, grammarState } = core.codeToTokens(text, { ...options, ...(before && { grammarState: before }) });
    return {
      text,
      tokens: tokens.flatMap((line, index) => withLineEnd(line, index < tokens.length - 1)),
      end: grammarState,
    };
  };
}

type ShikiToken = { content: string; offset: number; color?: string };

/** Neighbours of one colour become one, plain ones have none: half as many elements on the page. */
function withLineEnd(line: readonly ShikiToken[], hasNext: boolean): Token[] {
  const merged: Token[] = [];
  for (const { content, offset, color } of line) {
    const own = color === "var(--code-foreground)" ? undefined : color;
    const last = merged.at(-1);
    if (last && last.color === own) last.content += content;
    else merged.push({ at: offset, content, color: own });
  }
  const last = merged.at(-1);
  if (hasNext) {
    if (last && last.color === undefined) last.content += "\n";
    else merged.push({ at: (last?.at ?? -1) + 0.5, content: "\n", color: undefined });
  }
  return merged;
}
