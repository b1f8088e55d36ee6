import { requireCaller } from "@/lib/auth/caller";
import { readConversation } from "@/lib/conversations/read";
import { selectVersion } from "@/lib/conversations/select-version";
import { readJson } from "@/lib/http/body";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";
import { NamedMessage } from "../schema";

/** Shows another version: the conversation as it is along the path through that message. */
export const POST = route<{ id: string }>(async (request, { params }) => {
  const user = await requireCaller(request, "chat");
  const place = { id: uuidParam(params.id), userId: user.id };
  const { messageId } = await readJson(request, NamedMessage);
  await selectVersion({ ...place, messageId });
  return Response.json(await readConversation(place));
});
