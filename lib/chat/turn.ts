import type { Thread, ThreadEntry } from "@/lib/conversations/load-thread";
import type { MessagePart } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";

export type UserMessage = { id: string; parts: MessagePart[] };
type Asked = { message?: UserMessage; trigger: "submit-message" | "regenerate-message"; messageId?: string };

/** A new question, or another answer to one that is stored. */
export type Turn = { history: ThreadEntry[]; question: MessagePart[] } & (
  | { kind: "ask"; clientId: string; parentId: string | null }
  | { kind: "again"; questionId: string }
);

const RETRYABLE = new Set(["failed", "stopped", "interrupted"]);

/**
 * Decides what a request means for the stored thread. The same question sent again is answered again only when its
 * answer did not come to its end, so that a repeated request never charges twice.
 *
 * @throws AppError `conflict` or `invalid_request`
 */
export function planTurn({ newest }: Thread, { message, trigger, messageId }: Asked): Turn {
  const at = newest.findLastIndex((entry) => entry.role === "user");
  const last = newest[at];
  const known =
    message && newest.find((entry) => entry.role === "user" && [entry.id, entry.clientId].includes(message.id));
  if (message && !known) {
    const parentId = newest.at(-1)?.id ?? null;
    return { kind: "ask", clientId: message.id, parentId, history: newest, question: message.parts };
  }
  if (!last || (known && known !== last) || isEarlier(newest.slice(0, at), messageId)) {
    throw new AppError("invalid_request", "Only the last question of a conversation can be answered again.");
  }
  const answer = newest[at + 1];
  if (trigger === "submit-message" && answer && !RETRYABLE.has(answer.status)) {
    throw new AppError("conflict", "This question was asked already. Nothing was charged again.");
  }
  return { kind: "again", questionId: last.id, history: newest.slice(0, at), question: last.parts };
}

const isEarlier = (earlier: ThreadEntry[], messageId: string | undefined) =>
  messageId !== undefined && earlier.some((entry) => entry.id === messageId);
