import { requireCaller } from "@/lib/auth/caller";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { disconnect } from "@/lib/openrouter/disconnect";
import { consume } from "@/lib/rate-limit/consume";

export const DELETE = route(async (request, { limited }) => {
  const { id: userId } = await requireCaller(request, "keys:write");
  await limited(consume("delete_key", userId));
  const userAgent = request.headers.get("user-agent") ?? undefined;
  return Response.json(await disconnect({ userId, address: clientAddress(request), userAgent }));
});
