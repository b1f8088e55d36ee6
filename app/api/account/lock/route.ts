import { lockAccount } from "@/lib/account/lock-account";
import { requireUser } from "@/lib/auth/require-user";
import { sealSession } from "@/lib/auth/seal-session";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";

/** The caller's cookie ends with all others, so the answer brings a new one; a program signs in again. */
export const POST = route(async (request, { limited }) => {
  const { id: userId, via } = await requireUser(request);
  await limited(consume("lock_account", userId));
  const userAgent = request.headers.get("user-agent") ?? undefined;
  const { lock, session } = await lockAccount({
    userId,
    address: clientAddress(request),
    userAgent,
    isBrowser: via === "session",
  });
  return Response.json(lock, { headers: session && { "set-cookie": await sealSession(session) } });
});
