import { recorder } from "@/lib/audit/recorder";
import { endOtherSession } from "@/lib/auth/list-sessions";
import { requireUser } from "@/lib/auth/require-user";
import { clientAddress } from "@/lib/http/client-address";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";

export const DELETE = route<{ id: string }>(async (request, { params }) => {
  const user = await requireUser(request);
  const userId = user.id;
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  const record = await recorder();
  await endOtherSession(user, uuidParam(params.id), (tx) =>
    record(tx, { userId, action: "signed_out", detail: { others: 1 }, ...origin }),
  );
  return new Response(null, { status: 204 });
});
