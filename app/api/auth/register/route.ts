import { recorder } from "@/lib/audit/recorder";
import { register } from "@/lib/auth/register";
import { beginFamily, type TokenPair } from "@/lib/auth/token-family";
import { readJson } from "@/lib/http/body";
import { clientAddress, clientNetwork } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { Registration } from "./schema";

export const POST = route(async (request, { limited }) => {
  const input = await readJson(request, Registration, { maxBytes: 8 * 1024 });
  await limited(consume("register", clientNetwork(request)));
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  const record = await recorder();
  let pair: TokenPair | undefined;
  const user = await register(input, async (tx, userId) => {
    pair = await beginFamily(tx, { userId, sessionVersion: 1, ...origin });
    await record(tx, { userId, action: "registered", ...origin });
  });
  return Response.json({ user, ...pair }, { status: 201 });
});
