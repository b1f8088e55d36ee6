import { register } from "@/lib/auth/register";
import { readJson } from "@/lib/http/body";
import { clientNetwork } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { Registration } from "./schema";

export const POST = route(async (request) => {
  const input = await readJson(request, Registration, { maxBytes: 8 * 1024 });
  await consume("register", clientNetwork(request));
  const user = await register(input);
  return Response.json({ user }, { status: 201 });
});
