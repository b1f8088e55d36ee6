import { recorder } from "@/lib/audit/recorder";
import { endOtherSessions, listSessions } from "@/lib/auth/list-sessions";
import { requireUser } from "@/lib/auth/require-user";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";

export const GET = route(async (request) => {
  const user = await requireUser(request);
  return Response.json({ items: await listSessions(user), nextCursor: null });
});

/** Signs every other browser and program out. */
export const DELETE = route(async (request) => {
  const user = await requireUser(request);
  const userId = user.id;
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  const record = await recorder();
  const ended = await endOtherSessions(user, (tx, _, others) =>
    record(tx, { userId, action: "signed_out", detail: { others }, ...origin }),
  );
  return Response.json({ ended });
});
