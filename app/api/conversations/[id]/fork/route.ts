import { copyAttachments } from "@/lib/attachments/copy";
import { requireCaller } from "@/lib/auth/caller";
import { forkConversation } from "@/lib/conversations/fork";
import { readJson } from "@/lib/http/body";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { NamedMessage } from "../schema";

export const POST = route<{ id: string }>(async (request, { params, limited }) => {
  const user = await requireCaller(request, "chat");
  const id = uuidParam(params.id);
  const { messageId } = await readJson(request, NamedMessage);
  await limited(consume("fork", user.id));
  const copy = await forkConversation({ id, userId: user.id, messageId }, { copyFiles: copyAttachments });
  return Response.json(copy, { status: 201 });
});
