import { requireUser } from "@/lib/auth/require-user";
import { revokeToken } from "@/lib/auth/revoke-token";
import { clientAddress } from "@/lib/http/client-address";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";

export const DELETE = route<{ id: string }>(async (request, { params }) => {
  const { id: userId } = await requireUser(request);
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  await revokeToken({ userId, id: uuidParam(params.id), ...origin });
  return new Response(null, { status: 204 });
});
