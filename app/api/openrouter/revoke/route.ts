import { requireCaller } from "@/lib/auth/caller";
import { route } from "@/lib/http/route";
import { keyListUrl, revokeUrl } from "@/lib/openrouter/revoke-url";
import { consume } from "@/lib/rate-limit/consume";

/**
 * To OpenRouter's page of this very key, where its owner can revoke it (security.md, 3.4). POST, because the key is
 * opened for it and nobody else's page may ask for that. Our own pages fetch the address and show it as a link: their
 * policy (`form-action 'self'`) lets no form of theirs be led to another site.
 */
export const POST = route(async (request, { limited }) => {
  const { id: userId } = await requireCaller(request, "keys:write");
  await limited(consume("status_refresh", userId));
  const url = (await revokeUrl(userId)) ?? keyListUrl();
  const headers = { "referrer-policy": "no-referrer" };
  const asksForJson = (request.headers.get("accept") ?? "").includes("application/json");
  if (asksForJson) return Response.json({ url }, { headers });
  return new Response(null, { status: 303, headers: { ...headers, location: url } });
});
