import { requireCaller } from "@/lib/auth/caller";
import { createConversation } from "@/lib/conversations/create";
import { listConversations } from "@/lib/conversations/list";
import { searchConversations } from "@/lib/conversations/search";
import { parseInput, readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { ListQuery, NewConversation } from "./schema";

export const GET = route(async (request) => {
  const user = await requireCaller(request, "read");
  const { q, ...page } = parseInput(ListQuery, Object.fromEntries(request.nextUrl.searchParams));
  const list = q === undefined ? listConversations : searchConversations;
  return Response.json(await list({ userId: user.id, q: q ?? "", ...page }));
});

export const POST = route(async (request) => {
  const user = await requireCaller(request, "chat");
  const input = await readJson(request, NewConversation);
  return Response.json(await createConversation({ userId: user.id, ...input }), { status: 201 });
});
