import { logOut } from "@/lib/auth/log-out";
import { readJson } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { RefreshToken } from "../refresh/schema";

export const POST = route(async (request) => {
  const { refreshToken } = await readJson(request, RefreshToken, { maxBytes: 4 * 1024 });
  const userAgent = request.headers.get("user-agent");
  await logOut({ refreshToken, address: clientAddress(request), userAgent });
  return new Response(null, { status: 204 });
});
