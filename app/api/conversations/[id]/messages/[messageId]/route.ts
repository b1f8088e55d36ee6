import { requireCaller } from "@/lib/auth/caller";
import { removeMessage } from "@/lib/conversations/remove-message";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";

export const DELETE = route<{ id: string; messageId: string }>(async (request, { params }) => {
  const user = await requireCaller(request, "chat");
  const place = { id: uuidParam(params.id), userId: user.id };
  await removeMessage({ ...place, messageId: uuidParam(params.messageId) });
  return new Response(null, { status: 204 });
});
