import type { LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { ThreadEntry } from "@/lib/conversations/load-thread";
import type { MessagePart } from "@/lib/db/schema";

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
}): LanguageModelV4Prompt {
  const { system, history, question } = input;
  const turns: { role: "user" | "assistant"; text: string }[] = [{ role: "user", text: textOf(question) }];
  let chars = turns[0]?.text.length ?? 0;
  for (const entry of history.toReversed()) {
    const text = textOf(entry.parts);
    if (text === "") continue;
    chars += text.length;
    if (chars > MAX_PROMPT_CHARS) break;
    turns.unshift({ role: entry.role, text });
  }
  while (turns[0]?.role === "assistant") turns.shift();
  const prompt: LanguageModelV4Prompt = turns.map(({ role, text }) => ({ role, content: [{ type: "text", text }] }));
  return system ? [{ role: "system", content: system }, ...prompt] : prompt;
}

const textOf = (parts: MessagePart[]) =>
  parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
