import { requireCaller } from "@/lib/auth/caller";
import { parseInput } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { deactivateKey } from "@/lib/keys/deactivate-key";
import { removeKey } from "@/lib/keys/remove-key";
import { consume } from "@/lib/rate-limit/consume";
import { originOf, providerParam } from "../config";
import { RemovalQuery } from "../schema";

/** Doing it again changes nothing: what should be gone is gone. */
export const DELETE = route<{ provider: string }>(async (request, { params, limited }) => {
  const { id: userId } = await requireCaller(request, "keys:write");
  const { deactivate } = parseInput(RemovalQuery, Object.fromEntries(request.nextUrl.searchParams));
  const removal = { userId, provider: providerParam(params.provider), ...originOf(request) };
  await limited(consume("delete_key", userId));
  if (deactivate === "true") await deactivateKey(removal);
  else await removeKey(removal);
  return new Response(null, { status: 204 });
});
