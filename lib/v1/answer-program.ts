import { randomUUID } from "node:crypto";
import { type CallerRequest, refuseSpentBudget, requireCaller } from "@/lib/auth/caller";
import type { Limited } from "@/lib/http/allowance";
import { consume } from "@/lib/rate-limit/consume";
import { type Answer, complete } from "./complete";
import { saveExchange } from "./save-exchange";

/** Below the 10 MiB at which Next cuts a body short without a word (security.md, finding 4). */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

type Asked = {
  request: CallerRequest;
  kind: "completion" | "embedding";
  /** @throws AppError `payload_too_large`, `unsupported_media_type` */
  readBody: (maxBytes: number) => Promise<Buffer>;
  limited: Limited;
  /** Told when the caller has hung up. */
  onGone: (listener: () => void) => void;
};

/**
 * Answers another program that speaks OpenAI's wire: the same for the route and for the server in front of it.
 *
 * @throws AppError before anything is answered
 */
export async function answerProgram({ request, kind, readBody, limited, onGone }: Asked): Promise<Answer> {
  const caller = await requireCaller(request, "chat");
  const userId = caller.id;
  refuseSpentBudget(caller);
  const admitted = limited(consume("program", userId));
  admitted.catch(() => {}); // counted beside the reading; waited for before anybody pays
  const tokenId = caller.via === "personal" ? caller.tokenId : null;
  const conversationId = request.headers.get("x-save-conversation") === "true" ? randomUUID() : undefined;
  const save = conversationId === undefined ? undefined : saveExchange({ userId, conversationId });
  try {
    const body = await readBody(MAX_BODY_BYTES);
    const answer = await complete({ kind, asker: { userId, tokenId }, body, admitted, onGone, save });
    if (conversationId !== undefined) answer.headers["x-conversation-id"] = conversationId;
    return answer;
  } catch (error) {
    await Promise.allSettled([admitted]); // a refusal tells what is left of the limit as well
    throw error;
  }
}
