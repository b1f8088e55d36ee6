import { requireCaller } from "@/lib/auth/caller";
import { attach } from "@/lib/chat/attach";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";
import { sse } from "@/lib/http/sse";
import { consume } from "@/lib/rate-limit/consume";

export const GET = route<{ id: string }>(async (request, { params, limited }) => {
  const user = await requireCaller(request, ["chat", "read"]);
  await limited(consume("attach", user.id));
  const stream = await attach({ id: uuidParam(params.id), userId: user.id });
  return stream ? sse(stream) : new Response(null, { status: 204 });
});
