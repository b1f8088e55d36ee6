import { requireUser } from "@/lib/auth/require-user";
import { revokeToken } from "@/lib/auth/revoke-token";
import { clientAddress } from "@/lib/http/client-address";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";
import { stopCalls } from "@/lib/v1/open-calls";

export const DELETE = route<{ id: string }>(async (request, { params }) => {
  const { id: userId } = await requireUser(request);
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  const id = uuidParam(params.id);
  await revokeToken({ userId, id, ...origin });
  stopCalls({ userId, tokenId: id }); // what it has asked for already costs as well
  return new Response(null, { status: 204 });
});
