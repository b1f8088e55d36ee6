import type { ImportReport } from "@/lib/client/types";

const many = (count: number, one: string, more: string) =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`;

/** What came in, or would, in sentences. */
export function importSentences({ dryRun, conversations, messages, alreadyHere }: ImportReport): string[] {
  const found = `${many(conversations, "conversation", "conversations")} with ${many(messages, "message", "messages")}`;
  const sentences = [
    conversations === 0
      ? dryRun || alreadyHere > 0
        ? "There is nothing new in this file."
        : "Nothing came in."
      : dryRun
        ? `${found} can be brought in.`
        : `${found} came in.`,
  ];
  if (alreadyHere > 0) {
    const known = many(alreadyHere, "conversation is", "conversations are");
    sentences.push(
      `${known} here already and ${alreadyHere === 1 ? "is" : "are"} left as ${alreadyHere === 1 ? "it is" : "they are"}.`,
    );
  }
  return sentences;
}

const leftOut: Record<keyof ImportReport["leftOut"], (count: number) => string> = {
  unknown_format: (n) => `${many(n, "entry", "entries")} of a form that is not known here`,
  unreadable: (n) => `${many(n, "place", "places")} where the file is damaged or is no JSON`,
  too_large: (n) => `${many(n, "conversation", "conversations")} larger than 32 MiB`,
  empty: (n) => `${many(n, "conversation", "conversations")} without a message`,
  instructions: (n) =>
    `${many(n, "instruction", "instructions")} to the model: those stay behind, so that no file can steer your chats`,
  tool_messages: (n) => `${many(n, "message", "messages")} of tools`,
  files: (n) =>
    `${many(n, "file or picture", "files and pictures")}, which the export does not hold in a form that can be read`,
  cut_texts: (n) => `the ends of ${many(n, "text", "texts")} longer than a million characters`,
};

/** What does not come over, and why. */
export const leftOutLines = (report: ImportReport): string[] =>
  Object.entries(report.leftOut).map(([what, count]) => leftOut[what as keyof typeof leftOut](count));
