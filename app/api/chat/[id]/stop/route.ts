import { requireCaller } from "@/lib/auth/caller";
import { stopAnswer } from "@/lib/chat/stop";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";

export const POST = route<{ id: string }>(async (request, { params }) => {
  const user = await requireCaller(request, "chat");
  await stopAnswer({ id: uuidParam(params.id), userId: user.id });
  return new Response(null, { status: 204 });
});
