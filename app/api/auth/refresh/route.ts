import { readRefreshToken, refresh } from "@/lib/auth/refresh";
import { readJson } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { RefreshToken } from "./schema";

export const POST = route(async (request, { limited }) => {
  const { refreshToken } = await readJson(request, RefreshToken, { maxBytes: 4 * 1024 });
  await limited(consume("refresh", readRefreshToken(refreshToken).familyId));
  const userAgent = request.headers.get("user-agent");
  const next = await refresh({ refreshToken, address: clientAddress(request), userAgent });
  return Response.json(next);
});
