import type { MessagePart } from "@/lib/db/schema";

/** At most so many of the newest messages before a question are sent, however much a model could read. */
export const MAX_HISTORY = 64;
/** For a model whose length nobody has told. */
const UNKNOWN_CONTEXT_TOKENS = 80_000;

const BYTES_PER_TOKEN = 3;
const MESSAGE_TOKENS = 8; // what stands between two messages
const IMAGE_TOKENS = 2000;
const DOCUMENT_BYTES_PER_TOKEN = 10;

type Part = Pick<MessagePart, "type"> & { text?: string; mediaType?: string; size?: number };
type Entry = { role: "user" | "assistant"; parts: readonly Part[] };

/**
 * How long a message is for a model, estimated from above: a token is four bytes of English and three of most other
 * scripts, so that of three is rather too short than too long.
 */
function tokensOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + partTokens(part), MESSAGE_TOKENS);
}

function partTokens({ type, text = "", mediaType = "", size = 0 }: Part): number {
  if (type === "text") return textTokens(text);
  if (type !== "file") return 0; // reasoning and sources are not sent
  if (mediaType.startsWith("image/")) return IMAGE_TOKENS;
  return Math.ceil(size / (mediaType.startsWith("text/") ? BYTES_PER_TOKEN : DOCUMENT_BYTES_PER_TOKEN));
}

const encoder = new TextEncoder();
const textTokens = (text: string) => Math.ceil(encoder.encode(text).length / BYTES_PER_TOKEN);

/** What may be answered: as much as was asked for, and never more than half of what the model takes in all. */
export const outputTokens = (contextTokens: number | null, wanted: number): number =>
  contextTokens === null ? wanted : Math.min(wanted, Math.floor(contextTokens / 2));

/**
 * Where what is sent begins. Instructions and the question always go. Of what was said before, whole turns (a question
 * with what followed it) go from the newest backwards, as long as all of it, with room for the answer, fits into what
 * the model reads, and at most 64 messages.
 *
 * @param history oldest first, without the question.
 * @param contextTokens what the model reads and writes in all; null when it is not known.
 * @returns the index of the first message that is sent; `history.length` when none is.
 */
export function firstSent({
  contextTokens,
  maxOutputTokens,
  system,
  history,
  question,
}: {
  contextTokens: number | null;
  maxOutputTokens: number;
  system: string | null;
  history: readonly Entry[];
  question: readonly Part[];
}): number {
  const room =
    contextTokens === null ? UNKNOWN_CONTEXT_TOKENS : contextTokens - outputTokens(contextTokens, maxOutputTokens);
  let left = room - tokensOf(question) - textTokens(system ?? "");
  let first = history.length;
  for (let at = history.length - 1; at >= 0 && history.length - at <= MAX_HISTORY; at--) {
    const entry = history[at];
    if (!entry) break;
    left -= tokensOf(entry.parts);
    if (left < 0) break;
    if (entry.role === "user") first = at;
  }
  return first;
}
