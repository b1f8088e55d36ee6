import { requireCaller } from "@/lib/auth/caller";
import { stopAnswer } from "@/lib/chat/stop";
import { readConversation } from "@/lib/conversations/read";
import { removeConversation } from "@/lib/conversations/remove";
import { updateConversation } from "@/lib/conversations/update";
import { parseInput, readJson } from "@/lib/http/body";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";
import { ConversationChange } from "../schema";
import { PageQuery } from "./schema";

type Params = { id: string };

export const GET = route<Params>(async (request, { params }) => {
  const user = await requireCaller(request, "read");
  const id = uuidParam(params.id);
  const page = parseInput(PageQuery, Object.fromEntries(request.nextUrl.searchParams));
  return Response.json(await readConversation({ id, userId: user.id, ...page }));
});

export const PATCH = route<Params>(async (request, { params }) => {
  const user = await requireCaller(request, "chat");
  const id = uuidParam(params.id);
  const change = await readJson(request, ConversationChange);
  return Response.json(await updateConversation({ id, userId: user.id, change }));
});

export const DELETE = route<Params>(async (request, { params }) => {
  const user = await requireCaller(request, "chat");
  const id = uuidParam(params.id);
  await stopAnswer({ id, userId: user.id }); // nobody pays for an answer that has no place any more
  await removeConversation({ id, userId: user.id });
  return new Response(null, { status: 204 });
});
