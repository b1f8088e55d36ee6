import { requireCaller } from "@/lib/auth/caller";
import { route } from "@/lib/http/route";
import { listModels } from "@/lib/models/list-models";
import { getPreferences } from "@/lib/preferences/get-preferences";

export const GET = route(async (request) => {
  const user = await requireCaller(request, ["chat", "read"]);
  const { sharedKey } = await getPreferences(user.id);
  return Response.json(await listModels({ userId: user.id, sharedKeyAllowed: sharedKey === "allow" }));
});
