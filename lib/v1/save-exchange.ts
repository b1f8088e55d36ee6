import { startReceipt } from "@/lib/chat/receipt";
import { appendTurn } from "@/lib/conversations/append-turn";
import { endAnswer } from "@/lib/conversations/save-answer";
import type { Exchange } from "./complete";
import { readJson } from "./request-fields";

/**
 * Puts what was asked last, and its answer, into the user's history as a conversation of its own. What it cost stands
 * with the program's calls, so the message does not count it again.
 */
export const saveExchange =
  ({ userId, conversationId }: { userId: string; conversationId: string }) =>
  async ({ asked, payer, text, isWhole }: Exchange): Promise<void> => {
    const place = asked.places.get("messages");
    const question = place && lastQuestion(readJson(asked.body, place));
    if (!question) return;
    const receipt = startReceipt(asked.modelId, payer);
    const { answerId } = await appendTurn({
      userId,
      conversationId,
      seenSeq: null,
      receipt,
      question: { clientId: null, parentId: null, parts: [{ type: "text", text: question }] },
    });
    await endAnswer({
      userId,
      answerId,
      receipt,
      parts: [{ type: "text", text }],
      status: isWhole ? "complete" : "stopped",
      finishReason: isWhole ? "stop" : null,
      errorCode: null,
    });
  };

/** The text of the last message of the user's; files are not kept. */
function lastQuestion(messages: unknown): string {
  const turns = (Array.isArray(messages) ? messages : []) as { role?: unknown; content?: unknown }[];
  const content = turns.findLast((turn) => turn?.role === "user")?.content;
  if (typeof content === "string") return content;
  const parts = (Array.isArray(content) ? content : []) as { type?: unknown; text?: unknown }[];
  return parts
    .flatMap((part) => (part?.type === "text" && typeof part.text === "string" ? [part.text] : []))
    .join("\n");
}
