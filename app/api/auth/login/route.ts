import { gather } from "@/lib/audit/gather";
import { logIn } from "@/lib/auth/log-in";
import { refuseWhileFull } from "@/lib/auth/password";
import { refuseFlood } from "@/lib/auth/refuse-flood";
import { readJson } from "@/lib/http/body";
import { clientAddress, clientNetwork } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume, forgive } from "@/lib/rate-limit/consume";
import { Login } from "./schema";

const FAILURES_WITHIN_MS = 2000;

/** For programs; a browser signs in through next-auth, by the same limits. */
export const POST = route(async (request, { limited }) => {
  refuseFlood();
  refuseWhileFull();
  const credentials = await readJson(request, Login, { maxBytes: 8 * 1024 });
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  const signedIn = await logIn(
    { credentials, network: clientNetwork(request), ...origin },
    {
      consume: (policy, subject) => limited(consume(policy, subject)),
      forgive,
      onWrongPassword: (userId) =>
        gather({ userId, action: "sign_in_failed", ...origin }, { withinMs: FAILURES_WITHIN_MS }),
    },
  );
  return Response.json(signedIn);
});
