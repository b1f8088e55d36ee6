import { refuseBudget, requireCaller } from "@/lib/auth/caller";
import { sendMessage } from "@/lib/chat/send-message";
import { readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { sse } from "@/lib/http/sse";
import { consume } from "@/lib/rate-limit/consume";
import { ChatRequest, MAX_CHAT_BYTES } from "./schema";

export const POST = route(async (request, { limited }) => {
  const user = await requireCaller(request, "chat");
  refuseBudget(user);
  const admitted = limited(consume("chat", user.id));
  admitted.catch(() => {}); // counted beside the reading; sendMessage waits for it before anybody pays
  const { id, ...input } = await readJson(request, ChatRequest, { maxBytes: MAX_CHAT_BYTES });
  const answer = await sendMessage({ userId: user.id, conversationId: id, ...input, admitted });
  return sse(answer.stream, {
    "x-conversation-id": answer.conversationId,
    "x-key-source": answer.payer.source,
    "x-key-provider": answer.payer.provider,
    "x-key-fallback": answer.payer.fallback,
  });
});
