import { requireUser } from "@/lib/auth/require-user";
import { createConversation } from "@/lib/conversations/create";
import { listConversations } from "@/lib/conversations/list";
import { parseInput, readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { ListQuery, NewConversation } from "./schema";

export const GET = route(async (request) => {
  const user = await requireUser(request);
  const query = parseInput(ListQuery, Object.fromEntries(request.nextUrl.searchParams));
  return Response.json(await listConversations({ userId: user.id, ...query }));
});

export const POST = route(async (request) => {
  const user = await requireUser(request);
  const input = await readJson(request, NewConversation);
  return Response.json(await createConversation({ userId: user.id, ...input }), { status: 201 });
});
