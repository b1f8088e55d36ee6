import type { LanguageModelV4FilePart, LanguageModelV4Prompt, LanguageModelV4TextPart } from "@ai-sdk/provider";
import type { ThreadEntry } from "@/lib/conversations/load-thread";
import type { MessagePart } from "@/lib/db/schema";
import type { PromptFiles } from "./prompt-files";

/** Characters of history sent upstream at the most; the question itself always goes. */
export const MAX_PROMPT_CHARS = 240_000;

/**
 * What the model is sent: the conversation's instructions, then its newest messages as far back as fits, beginning
 * with a message of the user, then the question. Reasoning and answers without text stay out.
 *
 * @param history oldest first, without the question.
 */
export function buildPrompt(input: {
  system: string | null;
  history: ThreadEntry[];
  question: MessagePart[];
  files?: PromptFiles;
}): LanguageModelV4Prompt {
  const { system, history, question, files } = input;
  const asked = contentOf(question, files);
  const turns: { role: "user" | "assistant"; content: Content }[] = [{ role: "user", content: asked }];
  let chars = charsOf(asked);
  for (const entry of history.toReversed()) {
    const content = contentOf(entry.parts, files);
    if (content.length === 0) continue;
    chars += charsOf(content);
    if (chars > MAX_PROMPT_CHARS) break;
    turns.unshift({ role: entry.role, content });
  }
  while (turns[0]?.role === "assistant") turns.shift();
  const prompt: LanguageModelV4Prompt = turns;
  return system ? [{ role: "system", content: system }, ...prompt] : prompt;
}

type Content = (LanguageModelV4TextPart | LanguageModelV4FilePart)[];

/** The files of a message, then what it says. */
function contentOf(parts: MessagePart[], files: PromptFiles | undefined): Content {
  const text = textOf(parts);
  const attached = parts.flatMap((part) => (part.type === "file" ? (files?.get(part.attachmentId) ?? []) : []));
  return text === "" ? attached : [...attached, { type: "text", text }];
}

/** A picture or a document counts as much as a page of text; what it really is, its provider alone knows. */
const FILE_CHARS = 6000;
const charsOf = (content: Content) =>
  content.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : FILE_CHARS), 0);

const textOf = (parts: MessagePart[]) =>
  parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
