import { createHash } from "node:crypto";
import type { Thread, ThreadEntry } from "@/lib/conversations/load-thread";
import type { MessagePart } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";

export type UserMessage = { id: string; parts: MessagePart[] };
export type Asked = {
  /** The question, new or sent again. */
  message?: UserMessage;
  trigger: "submit-message" | "regenerate-message";
  /** With a new question: the earlier one whose place it takes. With `regenerate-message`: the answer to be given again. */
  messageId?: string;
  /** The message that the question follows, as its writer sees it; without, the end of the stored path. */
  parentId?: string;
};

/** A new question, or another answer to one that is stored. `hasMore`: the conversation goes on above `history`. */
export type Turn = { history: ThreadEntry[]; hasMore: boolean; question: MessagePart[] } & (
  | { kind: "ask"; clientId: string; parentId: string | null }
  | { kind: "again"; questionId: string }
);

const RETRYABLE = new Set(["failed", "stopped", "interrupted"]);

/**
 * What a request asks, with an id of its own for every wording: a frontend may send a changed question under the id of
 * the one it changes (the AI SDK's does), and each wording is asked once.
 */
export function askedOf({ message, trigger, messageId, parentId }: Asked): Asked {
  const isReworded = trigger === "submit-message" && message !== undefined && message.id === messageId;
  if (!isReworded) return { message, trigger, messageId, parentId };
  const wording = createHash("sha256").update(textOf(message.parts)).digest("base64url").slice(0, 16);
  return { message: { ...message, id: `${message.id}#${wording}` }, trigger, messageId, parentId };
}

/** The ids that `loadThread` should look for, in order: what the path is to end with. */
export function namesOf({ message, trigger, messageId, parentId }: Asked): (string | undefined)[] {
  return trigger === "submit-message" ? [message?.id, messageId, parentId] : [messageId, message?.id, parentId];
}

/**
 * Decides what a request means for the stored tree. A new question follows the message it names or the end of the path;
 * with `messageId` it takes its place beside that question. The same question sent again is answered again only when its
 * answer did not come to its end, so that a repeated request never charges twice.
 *
 * @param thread the path up to the message that the request is about: loaded with `namesOf`.
 * @throws AppError `conflict` or `invalid_request`
 */
export function planTurn(thread: Thread, asked: Asked): Turn {
  const { message, trigger, messageId, parentId } = asked;
  const { path, hasMore } = thread;
  const end = path.at(-1);
  const found = thread.foundAs === null ? undefined : namesOf(asked)[thread.foundAs];
  const isNew = found === undefined || found === parentId;

  if (trigger === "submit-message" && message && found === message.id) return repeat(thread);
  if (trigger === "regenerate-message" && !isNew) return answerAgain(thread);
  if (message === undefined) {
    if (messageId !== undefined) throw unfit("There is no such message in this conversation.");
    return answerAgain(thread);
  }
  const ask = { kind: "ask", clientId: message.id, hasMore, question: message.parts } as const;
  if (found !== undefined && found === messageId) {
    if (end?.role !== "user") throw unfit("Only a question can be changed.");
    if (message.id.startsWith(`${messageId}#`) && textOf(end.parts) === textOf(message.parts)) return repeat(thread);
    return { ...ask, parentId: end.parentId, history: path.slice(0, -1) };
  }
  // One that is not here may never have come here: then its place is known by what stands above it.
  if (trigger === "submit-message" && messageId !== undefined && found === undefined && end !== undefined) {
    throw unfit("The question that should be changed is not in this conversation.");
  }
  if (found === undefined && parentId !== undefined) {
    const sentence = "The message before this one is gone, deleted in another tab perhaps. Nothing was sent.";
    throw new AppError("conflict", sentence);
  }
  return { ...ask, parentId: end?.id ?? null, history: path };
}

/** The question at the end of the path was sent again. */
function repeat(thread: Thread): Turn {
  if (thread.path.at(-1)?.role !== "user") throw unfit("Only a question can be asked again.");
  if (thread.answered !== null && !RETRYABLE.has(thread.answered)) {
    throw new AppError("conflict", "This question was asked already. Nothing was charged again.");
  }
  return answerAgain(thread);
}

/** Another answer to the last question of the path, whether the path ends with it or with an answer to it. */
function answerAgain({ path, hasMore }: Thread): Turn {
  const at = path.at(-1)?.role === "assistant" ? path.length - 2 : path.length - 1;
  const question = path[at];
  if (question?.role !== "user") throw unfit("There is no question here that could be answered again.");
  return { kind: "again", questionId: question.id, history: path.slice(0, at), hasMore, question: question.parts };
}

const unfit = (message: string) => new AppError("invalid_request", message);
const textOf = (parts: MessagePart[]) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
