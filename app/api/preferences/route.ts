import { requireCaller } from "@/lib/auth/caller";
import { readJson } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { setPreferences } from "@/lib/preferences/set-preferences";
import { consume } from "@/lib/rate-limit/consume";
import { PreferencesPatch } from "./schema";

export const GET = route(async (request) => {
  const user = await requireCaller(request, "read");
  return Response.json(await getPreferences(user.id));
});

export const PUT = route(async (request, { limited }) => {
  const user = await requireCaller(request, "account");
  const patch = await readJson(request, PreferencesPatch, { maxBytes: 4 * 1024 });
  await limited(consume("preferences", user.id));
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  return Response.json(await setPreferences(user.id, patch, origin));
});
