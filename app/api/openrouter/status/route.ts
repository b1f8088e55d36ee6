import { requireCaller } from "@/lib/auth/caller";
import { sharedAllowance } from "@/lib/chat/shared-allowance";
import { parseInput } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { hasSharedKey } from "@/lib/keys/shared-key";
import { getStatus } from "@/lib/openrouter/status";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { consume } from "@/lib/rate-limit/consume";
import { StatusQuery } from "./schema";

export const GET = route(async (request, { limited }) => {
  const { id: userId } = await requireCaller(request, "keys:read");
  const query = parseInput(StatusQuery, Object.fromEntries(request.nextUrl.searchParams));
  const refresh = query.refresh === "true";
  if (refresh) await limited(consume("status_refresh", userId));
  const [status, preferences, allowance] = await Promise.all([
    getStatus({ userId, refresh }),
    getPreferences(userId),
    sharedAllowance(userId),
  ]);
  const sharedKey = { available: hasSharedKey(), allowed: preferences.sharedKey === "allow", ...allowance };
  return Response.json({ ...status, sharedKey });
});
