import { requireUser } from "@/lib/auth/require-user";
import { sendMessage } from "@/lib/chat/send-message";
import { readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { sse } from "@/lib/http/sse";
import { consume } from "@/lib/rate-limit/consume";
import { ChatRequest, MAX_CHAT_BYTES } from "./schema";

export const POST = route(async (request) => {
  const user = await requireUser(request);
  const [{ id, ...input }] = await Promise.all([
    readJson(request, ChatRequest, { maxBytes: MAX_CHAT_BYTES }),
    consume("chat", user.id),
  ]);
  const answer = await sendMessage({ userId: user.id, conversationId: id, ...input, signal: request.signal });
  return sse(answer.stream, {
    "x-conversation-id": answer.conversationId,
    "x-key-source": answer.payer.source,
    "x-key-provider": answer.payer.provider,
    "x-key-fallback": answer.payer.fallback,
  });
});
