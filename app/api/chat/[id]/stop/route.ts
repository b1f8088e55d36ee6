import { requireUser } from "@/lib/auth/require-user";
import { stopAnswer } from "@/lib/chat/stop";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";

export const POST = route<{ id: string }>(async (request, { params }) => {
  const user = await requireUser(request);
  await stopAnswer({ id: uuidParam(params.id), userId: user.id });
  return new Response(null, { status: 204 });
});
