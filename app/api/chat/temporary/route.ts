import { refuseBudget, requireCaller } from "@/lib/auth/caller";
import { answerTemporarily } from "@/lib/chat/answer-temporarily";
import { readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { sse } from "@/lib/http/sse";
import { consume } from "@/lib/rate-limit/consume";
import { MAX_CHAT_BYTES, TemporaryRequest } from "../schema";

/** A chat that is never stored. What was said before comes along with each question. */
export const POST = route(async (request, { limited }) => {
  const user = await requireCaller(request, "chat");
  refuseBudget(user);
  const admitted = limited(consume("chat", user.id));
  admitted.catch(() => {}); // counted beside the reading, as in the stored chat
  const { message: question, ...input } = await readJson(request, TemporaryRequest, { maxBytes: MAX_CHAT_BYTES });
  const { signal } = request;
  const { payer, stream } = await answerTemporarily({ userId: user.id, question, ...input, admitted, signal });
  return sse(stream, {
    "x-key-source": payer.source,
    "x-key-provider": payer.provider,
    "x-key-fallback": payer.fallback,
  });
});
