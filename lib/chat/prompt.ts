import type { LanguageModelV4FilePart, LanguageModelV4Prompt, LanguageModelV4TextPart } from "@ai-sdk/provider";
import type { ThreadEntry } from "@/lib/conversations/load-thread";
import type { MessagePart } from "@/lib/db/schema";
import { firstSent } from "./context";
import type { PromptFiles } from "./prompt-files";

/** What of the conversation a model was sent. */
export type SentContext = {
  /** Messages before the question that were not sent, because the model reads no more. */
  leftOut: number;
  /** There were still others above, which were not looked at. */
  andMore: boolean;
  /** The oldest message that was sent; null when it was the question alone. */
  firstId: string | null;
};

/**
 * What the model is sent: the conversation's instructions, then as much of what was said before as it reads (context.ts
 * has the rule), then the question. Reasoning and answers without text stay out.
 *
 * @param history oldest first, without the question. `hasMore`: the conversation goes on above it.
 */
export function buildPrompt(input: {
  system: string | null;
  history: ThreadEntry[];
  hasMore: boolean;
  question: MessagePart[];
  files?: PromptFiles;
  contextTokens: number | null;
  maxOutputTokens: number;
}): { prompt: LanguageModelV4Prompt; context: SentContext } {
  const { system, history, hasMore, question, files } = input;
  const first = firstSent(input);
  const asked = { role: "user" as const, content: contentOf(question, files) };
  const turns = history
    .slice(first)
    .map(({ role, parts }) => ({ role, content: contentOf(parts, files) }))
    .filter(({ content }) => content.length > 0);
  const prompt: LanguageModelV4Prompt = [...turns, asked];
  return {
    prompt: system ? [{ role: "system", content: system }, ...prompt] : prompt,
    context: { leftOut: first, andMore: hasMore, firstId: history[first]?.id ?? null },
  };
}

type Content = (LanguageModelV4TextPart | LanguageModelV4FilePart)[];

/** The files of a message, then what it says. */
function contentOf(parts: MessagePart[], files: PromptFiles | undefined): Content {
  const text = textOf(parts);
  const attached = parts.flatMap((part) => (part.type === "file" ? (files?.get(part.attachmentId) ?? []) : []));
  return text === "" ? attached : [...attached, { type: "text", text }];
}

const textOf = (parts: MessagePart[]) =>
  parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
