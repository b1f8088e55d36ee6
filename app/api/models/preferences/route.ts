import { ModelPreferences } from "@/app/api/preferences/schema";
import { requireCaller } from "@/lib/auth/caller";
import { readJson } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { setPreferences } from "@/lib/preferences/set-preferences";
import { consume } from "@/lib/rate-limit/consume";

export const PUT = route(async (request, { limited }) => {
  const user = await requireCaller(request, "account");
  const patch = await readJson(request, ModelPreferences, { maxBytes: 4 * 1024 });
  await limited(consume("preferences", user.id));
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  const { titleModel } = await setPreferences(user.id, patch, origin);
  return Response.json({ titleModel });
});
