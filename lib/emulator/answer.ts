import { createHash } from "node:crypto";

export interface Turn {
  role: string;
  text: string;
}

const QUOTE_LIMIT = 200;
const TITLE_TOKENS = 100;

/** The text of a message whose content is a string or a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part?.text === "string" ? part.text : "")).join(" ");
}

/** About four characters a token, and a few for each message's frame. */
export const countTokens = (turns: Turn[]) => turns.reduce((sum, turn) => sum + 4 + Math.ceil(turn.text.length / 4), 3);

/** Pieces the size of tokens; joined they are the text again. */
export const piecesOf = (text: string) => text.match(/\s*\S{1,8}|\s+$/gu) ?? [];

export function composeAnswer({
  turns,
  modelName,
  maxTokens,
}: {
  turns: Turn[];
  modelName: string;
  maxTokens: number;
}) {
  const questions = turns.filter((turn) => turn.role === "user");
  const question = questions.at(-1)?.text.trim() ?? "";
  if (maxTokens <= TITLE_TOKENS && turns.some((turn) => turn.role !== "assistant" && /\btitle\b/i.test(turn.text))) {
    return titleOf(question);
  }
  const variant = createHash("sha256").update(question).digest()[0] ?? 0;
  const quote = question.replace(/\s+/g, " ").slice(0, QUOTE_LIMIT) || "nothing";
  const earlier = questions.length - 1;
  return [
    `You asked: “${quote}”`,
    OPENINGS[variant % OPENINGS.length],
    earlier > 0 ? `I kept your ${earlier} earlier ${earlier === 1 ? "message" : "messages"} in mind.` : "",
    "**What matters most**",
    "1. **Start small.** Take the part you can check today, and leave the rest for later.\n" +
      "2. **Measure before you change.** A number you wrote down beats three opinions — à la carte or not.\n" +
      "3. **Keep what works.** Undo is the cheapest tool you have.",
    "| Option | Effort | When it fits |\n| --- | --- | --- |\n" +
      "| Simple | low | you are finding out |\n| Careful | medium | people rely on it |\n| Thorough | high | mistakes are costly |",
    "And in code:",
    "```ts\nexport function next(steps: string[]): string {\n" +
      '  return steps.find((step) => !step.startsWith("✓")) ?? "done";\n}\n```',
    `That is the short version from ${modelName}. Ask on, and I will go deeper. 🙂`,
  ]
    .filter(Boolean)
    .join("\n\n");
}

const OPENINGS = [
  "Good question. There is a short answer and a long one; here is the useful middle.",
  "Here is how I would go about it, step by step.",
  "It depends on one thing: how much a mistake would cost you. With that in mind:",
];

function titleOf(question: string): string {
  const words = question
    .replace(/[^\p{L}\p{N}\s'-]/gu, " ")
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 6);
  const title = words.join(" ");
  return title ? title[0]?.toUpperCase() + title.slice(1) : "A new conversation";
}

export const REASONING =
  "The user wants something practical. First I settle what is being asked, then I pick the three points that matter, " +
  "then a table to compare and a few lines of code to try.";
